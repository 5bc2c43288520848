import { withBodies } from "../engine/bodies.ts";
import { mustNameKnown, unseenOf } from "../engine/code-goal.ts";
import { containerKind } from "../engine/container.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { keyOf, type Mapping } from "../engine/mapping.ts";
import { address, type LiveObject } from "../engine/model.ts";
import { foundByName } from "../engine/named-targets.ts";
import type { Goal } from "../engine/pipeline.ts";
import type { Kinds } from "../engine/resource.ts";
import { ledgerInBackup } from "../ownership/ledger.ts";
import { ledgerOwners } from "../ownership/ledger-owners.ts";
import { rollbackNotesOf } from "../ownership/notes.ts";
import { comparableChanges } from "../rollback/comparable-changes.ts";
import { planRestores, type RestoreRules } from "../rollback/plan.ts";
import { entriesToRestore } from "../rollback/plan-ledger.ts";
import { readNamed } from "../rollback/read-named.ts";
import type { RecordedChange } from "../rollback/recorded-change.ts";
import { EXIT, ProvisionError } from "../util/errors.ts";
import type { JsonObject } from "../util/json.ts";
import type { StoredBackup, StoredObject } from "./directory.ts";
import { holdersLacking } from "./holders.ts";
import { judge, type Begun } from "./judge.ts";
import { lackingNotes, mappedNotes, provisionedNotes, secretNotes } from "./notes.ts";
import { objectsOf, variablesOf } from "./objects.ts";
import { selectedIn } from "./select.ts";

export interface RestoreGoalOptions {
  readonly backup: StoredBackup;
  readonly selected: (object: { readonly kind: string; readonly id: string }) => boolean;
  /** The title, the uid or the path of a folder. Absent: all. */
  readonly folder?: string | undefined;
  readonly mapping?: Mapping | undefined;
  /** Whether the backup is of the Grafana that it is restored to. */
  readonly isSameGrafana: boolean;
  readonly begun: Begun;
  /** The addresses of objects that it was to create, but is not known to have completed. */
  readonly unfinished: ReadonlySet<string>;
}

const RULES: RestoreRules = {
  entriesOf: entriesToRestore,
  excludes: "the restore does not include",
  titleHint: "rename or delete it, and restore again",
  adds: { fromBackup: true, sentPlaces: [] },
};

/** The goal that Grafana has the objects of a backup. It deletes nothing. */
export function restoreGoal(options: RestoreGoalOptions): Goal {
  const { backup, begun, unfinished, isSameGrafana, mapping } = options;
  return {
    reads(kinds) {
      const own = new Set(selectedIn(options, kinds).map(({ kind }) => kind));
      // Permissions name teams and service accounts, which the backup may lack.
      const needed = [...own].flatMap((name) => kinds.get(name)?.dependsOn ?? []);
      const all = new Set([...own, ...needed, ...(mapping?.namedKinds ?? []), containerKind(kinds).name]);
      return [...kinds.values()].filter(({ name }) => all.has(name));
    },
    mayDelete: () => false,
    async compare({ context: read, kinds, live: listed, unreadable, project, unserved }, { overwriteDrift: named }) {
      const chosen = selectedIn(options, kinds);
      mustNameKnown(named, new Set(chosen.map(address)), new Set());
      if (mapping) mustResolve(mapping, kinds, listed);
      const isMapped = ({ kind, id }: StoredObject) =>
        kinds.get(kind)?.container === undefined && mapping?.rename(kind, id) !== undefined;
      const restored = chosen.filter((one) => one.provisioned === undefined && kinds.has(one.kind) && !isMapped(one));
      const names = new Set(restored.map(address));
      const context = { ...read, secrets: read.secrets.namedBy(variablesOf(restored)) };
      const found = await readNamed(context, kinds, restored.map(changeOf), listed);
      const isRestored = ({ id }: LiveObject, kind: string) => names.has(address({ kind, id }));
      const live = await withBodies(context, kinds, found.live, isRestored);
      const isNeeded = restored.some(({ kind }) => kinds.get(kind)?.backup?.holders !== undefined);
      const former = { ...context, ledger: ledgerOf(backup, kinds, context) };
      const built = objectsOf({
        former,
        kinds,
        live,
        restored,
        mapping,
        isLacking: await holdersLacking(context, kinds, { live, names, isNeeded }),
        ledgerOwners: context.grafana.marks
          ? ledgerOwners(await context.grafana.folders.list({ metadataOnly: true }))
          : new Set(),
      });
      const hidden = new Map(found.changes.map((one) => [address(one), one.hidden]));
      const changes = built.objects.map((one): RecordedChange => {
        const missing = hidden.get(address(one));
        const entry = former.ledger.entries.get(address(one));
        return {
          ...changeOf(one),
          ...(missing === undefined ? {} : { hidden: missing }),
          ...(entry ? { entry } : {}),
          ...one.state,
        };
      });
      const comparable = await comparableChanges(context, kinds, changes, live);
      const { folder: ledgerFolder } = former.ledger;
      const unseen = unseenOf(kinds, unreadable, listed, []).filter((one) =>
        restored.some(({ kind }) => kind === one.kind),
      );
      const input = {
        project,
        owner: context.owner,
        kinds,
        changes: comparable,
        live,
        ledger: context.ledger,
        ...(ledgerFolder === undefined ? {} : { ledgerFolder }),
        secrets: context.secrets,
        selected: () => true,
        permissions: context.grafana.permissions,
        unseen,
        unserved,
        later: new Map<string, string>(),
      };
      const versions = isSameGrafana ? new Map(restored.map((one) => [address(one), one.version])) : undefined;
      const notes = [
        ...rollbackNotesOf(context),
        ...provisionedNotes(chosen),
        ...mappedNotes(chosen.filter(isMapped)),
        ...lackingNotes(built.lacking),
      ];
      return {
        context,
        comparisons: [],
        plan({ overwriteDrift }) {
          const judged = comparable.flatMap((one) =>
            judge(one, { ...input, versions, begun, unfinished, overwriteDrift }),
          );
          const said = [...notes, ...secretNotes(judged, built.unset, context.secrets)];
          return planRestores(judged, { ...input, overwriteDrift, notes: said }, RULES);
        },
      };
    },
  };
}

function changeOf({ kind, id, title }: Pick<StoredObject, "kind" | "id" | "title">): RecordedChange {
  return { kind, id, title, action: "update", done: false };
}

/** The ledger of this project in the folders of the backup. */
function ledgerOf({ objects }: StoredBackup, kinds: Kinds, context: KindContext): KindContext["ledger"] {
  const { name, backup } = containerKind(kinds);
  const folders = objects.filter(({ kind }) => kind === name);
  return ledgerInBackup(
    folders.map(({ content }) => backup?.file?.read(content as JsonObject) ?? content),
    context,
  );
}

/** Throws if the environment maps an object to a name that Grafana lacks, or has more than once. */
function mustResolve(mapping: Mapping, kinds: Kinds, live: Parameters<typeof foundByName>[1]): void {
  const found = foundByName(mapping, live, kinds);
  const missing = [...found].find(([, id]) => id === undefined);
  if (!missing) return;
  const [kind = "", id = ""] = JSON.parse(missing[0]) as string[];
  const name = mapping.named(kind, id)?.name ?? keyOf(kind, id);
  throw new ProvisionError(
    `The environment "${mapping.environment}" maps a ${kind} to the name "${name}", which no object in Grafana has, or more than one`,
    {
      code: "config-mapping-missing",
      exitCode: EXIT.invalid,
      hint: "Fix the name in the configuration, or use the uid of the object.",
    },
  );
}
