// The public names of @heed/io/node.

export { makeFolder } from "./make-folder.ts";
export { readSafetensorsFile } from "./read-safetensors-file.ts";
export { writeFileAtomically } from "./write-file-atomically.ts";
