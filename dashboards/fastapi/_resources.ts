import { limits } from "../_shared/limits.ts";
import { processRow } from "../_shared/process.ts";
import { backend } from "./_filters.ts";

export const resources = processRow(backend, { memory: limits.memory, fileDescriptors: limits.fileDescriptors });
