/**
 * What each change needs, without the needs that close a circle: datasources can refer to each other, and Grafana accepts one
 * whose target is missing.
 */
export function withoutCircles(needs: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> {
  const result = new Map<string, string[]>();
  const open = new Set<string>();
  const visit = (name: string): void => {
    if (result.has(name)) return;
    open.add(name);
    const kept = (needs.get(name) ?? []).filter((need) => {
      if (open.has(need)) return false;
      visit(need);
      return true;
    });
    open.delete(name);
    result.set(name, kept);
  };
  for (const name of needs.keys()) visit(name);
  return result;
}
