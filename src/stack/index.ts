// The stack as a library: defined, rendered, started, asked, stopped.
export { defineStack } from "./define.ts";
export type { ServiceSettings, Stack, StackDefinition } from "./definition.ts";
export { scrapeJobs, stackDatasources } from "./context.ts";
export { renderStack, type RenderOptions } from "./render.ts";
