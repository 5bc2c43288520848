// The public API of the stack: define, render, start, check and stop it.
export { checklistOf, type ChecklistPoint } from "./checklist.ts";
export { defineStack } from "./define.ts";
export type { ServiceSettings, Stack, StackDefinition } from "./definition.ts";
export { scrapeJobs, stackDatasources } from "./context.ts";
export { renderStack, type RenderOptions } from "./render.ts";
export { compareStack, writeStack, type Written } from "./write.ts";
export { findEngine, type Engine } from "./engine.ts";
export { NotHealthy, startStack, type Started, type StartOptions } from "./up.ts";
export { stopStack, type StopOptions, type Stopped } from "./down.ts";
export { stackStatus, type StackStatus } from "./status.ts";
