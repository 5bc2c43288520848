import { parser } from "@grafana/lezer-traceql";
import { substitute } from "./substitute.ts";
import { parsedOf, type Parsed } from "./syntax.ts";

// Loaded only by commands that check queries.

/** Parses an expression with the grammar of Grafana's editor for Tempo. */
export function parseTraceql(text: string): Parsed {
  const substituted = substitute(text, "traceql");
  return parsedOf(text, substituted, parser.parse(substituted.expr));
}
