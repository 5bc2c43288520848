/** A condition on permissions. */
export type Evaluator =
  | { readonly type: "permission"; readonly action: string; readonly scopes: readonly string[] }
  | { readonly type: "any"; readonly of: readonly Evaluator[] }
  | { readonly type: "all"; readonly of: readonly Evaluator[] };

/** An action on any of these scopes, or on any scope if there are none. */
export function permission(action: string, ...scopes: string[]): Evaluator {
  return { type: "permission", action, scopes };
}

export function any(...of: Evaluator[]): Evaluator {
  return { type: "any", of };
}

export function all(...of: Evaluator[]): Evaluator {
  return { type: "all", of };
}

export function folderScope(uid: string): string {
  return `folders:uid:${uid === "" ? "general" : uid}`;
}

export function dashboardScope(uid: string): string {
  return `dashboards:uid:${uid}`;
}

export function datasourceScope(uid: string): string {
  return `datasources:uid:${uid}`;
}

/** Evaluates the condition with `can`. */
export function holds(evaluator: Evaluator, can: (action: string, scope?: string) => boolean): boolean {
  if (evaluator.type === "any") return evaluator.of.some((one) => holds(one, can));
  if (evaluator.type === "all") return evaluator.of.every((one) => holds(one, can));
  const { action, scopes } = evaluator;
  return scopes.length === 0 ? can(action) : scopes.some((scope) => can(action, scope));
}

/** The condition in Grafana's format. */
export function describe(evaluator: Evaluator): string {
  if (evaluator.type === "permission") return evaluator.action;
  return `${evaluator.type} of ${evaluator.of.map(describe).join(", ")}`;
}

/** The condition with its scopes, in the format of alerting errors. */
export function describeScopes(evaluator: Evaluator): string {
  if (evaluator.type === "permission") return `action:${evaluator.action} scopes:${evaluator.scopes.join(", ")}`;
  // Inside `any`, Grafana lists only actions.
  const words = evaluator.of.map(evaluator.type === "any" ? describe : describeScopes);
  return `${evaluator.type}(${words.join(" ")})`;
}
