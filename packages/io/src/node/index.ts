// The public names of @heed/io/node.

export { readSafetensorsFile } from "./read-safetensors-file.ts";
export { writeFileAtomically } from "./write-file-atomically.ts";
