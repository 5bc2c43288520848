// Evaluates the code with edits that may be wrong, in a thread that ends with all modules that it has imported.
import { parentPort, workerData } from "node:worker_threads";
import { loadConfig, type LoadedConfig } from "../code/config.ts";
import { selectEnvironment } from "../code/current-environment.ts";
import { factsOf } from "../code/environment-values.ts";
import { createMapping } from "../engine/mapping.ts";
import { evaluate, hasErrors, resourceText, type Answer, type Task, type ThreadData } from "./evaluation.ts";

const { file, directory, environment, mapping: parts } = workerData as ThreadData;
const mapping = parts && createMapping(parts.environment, parts.own, parts.others, parts.resolved);
const config = prepared();

async function prepared(): Promise<LoadedConfig> {
  const loadedConfig = await loadConfig(file, directory);
  selectEnvironment((await factsOf(loadedConfig, environment)).facts);
  return loadedConfig;
}

async function answer({ texts, files }: Task): Promise<Answer> {
  const evaluated = await evaluate(await config, { texts, files, mapping });
  if (hasErrors(evaluated)) return undefined;
  return evaluated.code.desired.map(({ resource, ...one }) => ({ ...one, resource: resourceText(resource) ?? "{}" }));
}

parentPort?.on("message", (task: Task) => {
  answer(task).then(
    (result) => parentPort?.postMessage(result),
    () => parentPort?.postMessage(undefined),
  );
});
