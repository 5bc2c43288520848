import { existsSync, readFileSync } from "node:fs";
import { text as textOf } from "node:stream/consumers";
import { address, parseAddress } from "../engine/model.ts";
import { removedBlocks, type StateResult } from "../foreign/terraform/removed.ts";
import { entriesOf, type StateEntry } from "../foreign/terraform/state.ts";
import type { FileWriter } from "../import/files.ts";
import type { ImportResult } from "../import/import.ts";
import type { Known } from "../import/references.ts";
import { kinds } from "../kinds/index.ts";
import { EXIT, ProvisionError } from "../util/errors.ts";
import type { Selector } from "./options.ts";
import type { Session } from "./session.ts";

/** The file with the `removed` blocks, in the output directory. */
const REMOVED = "removed.tf";

/** A Terraform state whose objects an import selects. */
export interface TerraformImport {
  /** The addresses of the objects that the state manages, in this organization. */
  objectsIn(session: Session): ReadonlySet<string>;
  /** Writes the `removed` blocks. What became of each address of the state. */
  finish(done: Done, files: FileWriter): Promise<TerraformResult>;
}

interface Outcome extends Done {
  /** Files that exist with another content: Terraform must not forget their objects, because no code may define them. */
  readonly kept: ReadonlySet<string>;
  /** The files of objects with code, and why others have none, by address. */
  readonly files: ReadonlyMap<string, string>;
  readonly left: ReadonlyMap<string, string>;
}

interface Done {
  readonly session: Session;
  readonly imported: ImportResult;
  /** The objects that the project's code already has, by address. */
  readonly known: ReadonlyMap<string, Known>;
  /** Whether `--only` selects an object. */
  readonly isSelected: Selector;
}

interface TerraformResult {
  readonly results: readonly StateResult[];
  /** The file with the `removed` blocks, if there are any. */
  readonly removed?: string;
}

/** Reads a state in the form of `terraform show -json`; `-`: from standard input. */
export async function terraformImport(path: string): Promise<TerraformImport> {
  const isInput = path === "-";
  if (!isInput && !existsSync(path))
    throw new ProvisionError(`${path} does not exist`, {
      exitCode: EXIT.usage,
      code: "terraform-state-missing",
      hint: "Write it with: terraform show -json > state.json",
    });
  const text = isInput ? await textOf(process.stdin) : readFileSync(path, "utf8");
  const entries = entriesOf(text, isInput ? "standard input" : path, kinds);
  return {
    objectsIn: (session) =>
      new Set(entries.flatMap(({ is }) => ("object" in is && isOfOther(is, session) === undefined ? is.object : []))),
    async finish(done, files) {
      const { objects, left } = done.imported;
      const outcome: Outcome = {
        ...done,
        kept: new Set(files.keptFiles()),
        files: new Map(objects.map((one) => [address(one), one.file])),
        left: new Map(left.map((one) => [one.address, one.why])),
      };
      const results = entries.map((entry) => resultOf(entry, outcome));
      const blocks = removedBlocks(entries, results);
      if (blocks === undefined) return { results };
      await files.add(REMOVED, blocks);
      return { results, removed: REMOVED };
    },
  };
}

function resultOf(
  { address: name, is }: StateEntry,
  { session, imported, known, isSelected, kept, files, left }: Outcome,
): StateResult {
  if ("why" in is) return { address: name, why: is.why };
  const other = isOfOther(is, session);
  if (other !== undefined) return { address: name, why: other };
  const { object } = is;
  const file = files.get(object);
  if (file !== undefined)
    return kept.has(file)
      ? { address: name, why: `${file} exists with another content and was kept` }
      : { address: name, file };
  const there = known.get(object);
  if (there) return { address: name, file: there.source };
  const why = left.get(object);
  if (why !== undefined) return { address: name, why };
  const parsed = parseAddress(object);
  if (!isSelected(parsed)) return { address: name, why: "--only does not select it" };
  const missing = imported.unreadable.get(parsed.kind);
  return { address: name, why: missing ? `the permission ${missing} is missing` : `Grafana has no ${object}` };
}

/** Why an object is not in the organization of the session: a sentence. */
function isOfOther({ organization }: { readonly organization?: number }, { context }: Session): string | undefined {
  const own = organizationIn(context.grafana.organization) ?? context.grafana.client.orgId;
  if (organization === undefined || own === undefined || organization === own) return undefined;
  return `it belongs to organization ${organization}, and this command reads organization ${own}; set GRAFANA_ORG_ID`;
}

/** The id in a namespace: `default` or `org-2`. A stack of Grafana Cloud has one organization. */
function organizationIn(namespace: string): number | undefined {
  if (namespace === "default" || namespace.startsWith("stacks-")) return 1;
  const [, id] = /^org-(\d+)$/.exec(namespace) ?? [];
  return id === undefined ? undefined : Number(id);
}
