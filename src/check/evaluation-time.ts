import { parser } from "@prometheus-io/lezer-promql";

/** Whether a PromQL expression contains `@ start()` or `@ end()`, so that its values depend on the range of the query. */
export function dependsOnRange(expr: string): boolean {
  let found = false;
  parser.parse(expr).iterate({
    enter: ({ name }) => {
      found ||= name === "AtModifierPreprocessors";
    },
  });
  return found;
}
