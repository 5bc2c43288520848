import type { LintSettings } from "./settings.ts";

/** A problem that `lint` found. */
export interface LintFinding {
  /** The id of the rule: `rate-of-gauge`. */
  readonly rule: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  /** How to fix it. */
  readonly hint?: string;
  /** The resource: `dashboard/fastapi`. */
  readonly address: string;
  /** The property of the resource: `spec.panels[2].targets[0].expr`. */
  readonly path: string;
  /** The query or the template. */
  readonly text?: string;
}

/** The settings of the configuration's `lint`, and the project's name. */
export interface LintOptions extends LintSettings {
  /** The project name, from which the tool derives uids that the code omits. Default: the string `"project"`. */
  readonly project?: string;
}

/**
 * Checks resources with the rules of the command `lint`, for your own tests. Rules about several resources, such as unused
 * contact points, only know the resources that are passed.
 *
 * @example expect(await lint([fastapi, alerts, prometheus])).toEqual([]);
 */
export async function lint(resources: readonly object[], options: LintOptions = {}): Promise<LintFinding[]> {
  // The grammars are loaded only here, because resource files import this module too.
  const { lintResources } = await import("./of-resources.ts");
  return lintResources(resources, options);
}
