import packageJson from "../../package.json" with { type: "json" };
import type { Rule } from "../lint/model.ts";
import type { PlacedFinding } from "../lint/places.ts";
import { jsonLine } from "./envelope.ts";
import { RULES_PAGE } from "./lint.ts";

const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

/** Formats the findings as SARIF 2.1.0, for code scanning. `pathOf`: the path of a file in the repository. */
export function sarif(
  findings: readonly PlacedFinding[],
  rules: readonly Rule[],
  pathOf: (file: string) => string,
): string {
  const { name, version } = packageJson;
  const used = rules.filter(({ id }) => findings.some(({ rule }) => rule === id));
  const driver = {
    name,
    version,
    rules: used.map(({ id, reason, about, severity }) => ({
      id,
      shortDescription: { text: reason },
      fullDescription: { text: about },
      help: { text: `${about} See ${RULES_PAGE}#${id}.` },
      defaultConfiguration: { level: severity },
    })),
  };
  const results = findings.map(({ rule, severity, message, hint, address, path, file, place }) => ({
    ruleId: rule,
    ruleIndex: used.findIndex(({ id }) => id === rule),
    level: severity,
    message: { text: [`${address} ${path}: ${message}.`, ...(hint === undefined ? [] : [hint])].join(" ") },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(pathOf(place?.file ?? file)), uriBaseId: "%SRCROOT%" },
          region: { startLine: place?.line ?? 1, startColumn: place?.column ?? 1 },
        },
        logicalLocations: [{ fullyQualifiedName: `${address} ${path}` }],
      },
    ],
  }));
  const run = { tool: { driver }, columnKind: "utf16CodeUnits", results };
  return jsonLine({ $schema: SCHEMA, version: "2.1.0", runs: [run] });
}
