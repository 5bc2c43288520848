/** A condition on what somebody may do. */
export type Evaluator =
  | { readonly type: "permission"; readonly action: string; readonly scopes: readonly string[] }
  | { readonly type: "any"; readonly of: readonly Evaluator[] }
  | { readonly type: "all"; readonly of: readonly Evaluator[] };

/** An action, on any of these scopes; without scopes, on whatever there is. */
export function permission(action: string, ...scopes: string[]): Evaluator {
  return { type: "permission", action, scopes };
}

export function any(...of: Evaluator[]): Evaluator {
  return { type: "any", of };
}

export function all(...of: Evaluator[]): Evaluator {
  return { type: "all", of };
}

/** The scope of one folder. */
export function folderScope(uid: string): string {
  return `folders:uid:${uid === "" ? "general" : uid}`;
}

/** The scope of one dashboard. */
export function dashboardScope(uid: string): string {
  return `dashboards:uid:${uid}`;
}

/** The scope of one datasource. */
export function datasourceScope(uid: string): string {
  return `datasources:uid:${uid}`;
}

/** Whether the condition holds where `can` answers for an action. */
export function holds(evaluator: Evaluator, can: (action: string, scope?: string) => boolean): boolean {
  if (evaluator.type === "any") return evaluator.of.some((one) => holds(one, can));
  if (evaluator.type === "all") return evaluator.of.every((one) => holds(one, can));
  const { action, scopes } = evaluator;
  return scopes.length === 0 ? can(action) : scopes.some((scope) => can(action, scope));
}

/** The condition in Grafana's words. */
export function describe(evaluator: Evaluator): string {
  if (evaluator.type === "permission") return evaluator.action;
  return `${evaluator.type} of ${evaluator.of.map(describe).join(", ")}`;
}

/** The condition with its scopes, as errors of alerting name it. */
export function describeScopes(evaluator: Evaluator): string {
  if (evaluator.type === "permission") return `action:${evaluator.action} scopes:${evaluator.scopes.join(", ")}`;
  // Grafana names what is within `any` by actions alone.
  const words = evaluator.of.map(evaluator.type === "any" ? describe : describeScopes);
  return `${evaluator.type}(${words.join(" ")})`;
}
