// Before a suite: the kernels of @heed/backend-wasm on the wasm backend.
import "../packages/backend-wasm/src/index.ts";
