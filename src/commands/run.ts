import { relative } from "node:path";
import { loadConfig, runsOf, type LoadedConfig } from "../config.ts";
import { desire, type Code } from "../engine/desired.ts";
import type { Emit } from "../engine/events.ts";
import { compareAll, readLive, sameVersions, type Comparison, type Live } from "../engine/live.ts";
import { EMPTY_LEDGER, ownLedgerFolder, readLedger } from "../engine/ledger.ts";
import { namedIn, variablesIn } from "../engine/named-secrets.ts";
import { notesOf } from "../engine/ownership.ts";
import { ownedIn } from "../engine/owned.ts";
import { makePlan, NOTHING, selects, type Prepared, type Selection, type Unseen } from "../engine/plan.ts";
import { address, type Desired, type KindContext, type ResourceKind } from "../engine/resource.ts";
import { secretValues, type SecretValues } from "../engine/secrets.ts";
import { environment } from "../environment.ts";
import { EXIT, InvalidCodeError } from "../errors.ts";
import { createClient, type ClientOptions } from "../grafana/client.ts";
import { connect } from "../grafana/connection.ts";
import { durationText, Forbidden } from "../grafana/errors.ts";
import { kinds } from "../kinds/index.ts";
import { load } from "../load.ts";
import { outgoing } from "../outgoing.ts";
import { faultAnnotations, placeOf } from "../report/github.ts";
import type { ReportInput } from "../report/json.ts";
import type { Output } from "../report/output.ts";
import { faultsText } from "../report/text.ts";
import type { RunsConfig } from "../runs/keep.ts";
import { targetOf, type Target } from "../target.ts";
import { withAuthors } from "./authors.ts";
import { notConnected } from "./not-connected.ts";
import { kindsToRead, mustExist, mustHoldLedger, mustNameOwned, mustNameResources } from "./named-resources.ts";
import { selectorOf, type CommonOptions } from "./options.ts";

/** The code, checked: nothing was sent yet. */
export interface CheckedCode extends Code {
  readonly loadedConfig: LoadedConfig;
  readonly files: number;
}

/** Reads the configuration and all resources. Throws `InvalidCodeError` with every fault; warnings go to `errors`. */
export async function readCode(options: Pick<CommonOptions, "config">, errors: Output): Promise<CheckedCode> {
  const loadedConfig = await loadConfig(options.config, process.cwd());
  const { loaded, faults, files } = await load(loadedConfig);
  const code = desire(loaded, kinds, loadedConfig.config.project);
  for (const variable of variablesIn(namedIn(code.desired, kinds))) outgoing.add(environment()[variable] ?? "");
  const all = [...faults, ...code.faults];
  const place = placeOf(loadedConfig.directory, process.env);
  if (place) errors.stream.write(faultAnnotations(all, place));
  if (all.some(({ level }) => level === "error")) throw new InvalidCodeError(all);
  errors.stream.write(faultsText(all, errors));
  return { ...code, faults: all, loadedConfig, files };
}

/** A Grafana that answered, and what has to be closed at the end. */
export interface Session {
  readonly context: KindContext;
  readonly target: Target;
  readonly project: string;
  readonly runs: RunsConfig;
  /** `Grafana 12.4.0 at https://…`, or where the sandbox's data are. */
  readonly description: string;
  close(): Promise<void>;
}

/** What a report says of it. */
export function sessionOf({ context: { grafana, owner }, target }: Session): Pick<ReportInput, "target" | "owner"> {
  const { client, version, namespace } = grafana;
  return {
    owner,
    target: { type: target.type, url: client.url, version, ...(namespace === undefined ? {} : { namespace }) },
  };
}

/** Of a command that reads no resources: no variable of a secret is read by their names. */
export const NO_CODE: readonly Desired[] = [];

/**
 * Connects to the Grafana that options, configuration and variables name; starts the sandbox where they name none. Variables
 * of secrets are read where `code` names them.
 */
export async function openSession(
  loadedConfig: LoadedConfig,
  options: CommonOptions,
  emit: Emit,
  code: readonly Desired[],
): Promise<Session> {
  const target = targetOf(loadedConfig, options, environment());
  const sandbox = target.type === "sandbox" ? await startSandbox(target.dataDirectory) : undefined;
  try {
    if (target.type === "grafana" && target.notice) emit({ type: "note", message: target.notice });
    const secrets = secretValues({
      variables: environment(),
      named: namedIn(code, kinds),
      redactor: outgoing,
      refresh: options.refreshSecrets === true,
      // The sandbox contacts nobody, and a stack is there to be tried: anything that is shaped like a URL will do.
      ...(sandbox || (target.type === "grafana" && target.stack) ? { standIn } : {}),
    });
    const client = sandbox ? clientOf(sandbox, options) : (target as Extract<Target, { type: "grafana" }>).client;
    const session = await sessionOn({ loadedConfig, target, client, secrets, emit });
    if (!sandbox) return session;
    return {
      ...session,
      description: sandboxLine(sandbox.dataDirectory, options.sandbox === true),
      async close() {
        await session.close();
        await sandbox.close();
      },
    };
  } catch (error) {
    await sandbox?.close();
    throw error;
  }
}

/** What a secret is on a sandbox, where nobody set its variable. */
export function standIn(variable: string): string {
  return `https://sandbox.invalid/${variable}`;
}

/** How a sandbox is reached. */
export function clientOf(
  { url, user, password }: { readonly url: string; readonly user: string; readonly password: string },
  { concurrency = 8 }: { readonly concurrency?: number },
): ClientOptions {
  return { url, credentials: { type: "basic", user, password }, concurrency };
}

/** Connects to one Grafana, whatever options and variables say. */
export async function sessionOn({
  loadedConfig,
  target,
  client: options,
  secrets,
  emit,
}: {
  readonly loadedConfig: LoadedConfig;
  readonly target: Target;
  readonly client: ClientOptions;
  readonly secrets: SecretValues;
  readonly emit: Emit;
}): Promise<Session> {
  const client = await createClient({
    ...options,
    redactor: secrets.redactor,
    onWait: ({ milliseconds, why }) =>
      emit({ type: "note", message: `Waiting ${durationText(milliseconds)}, as ${why}.` }),
  });
  const grafana = await connect(client, target.owner).catch((error: unknown) => {
    throw notConnected(error, target, client.url);
  });
  emit({ type: "connected", url: client.url, version: grafana.version });
  for (const message of grafana.notes) emit({ type: "note", message });
  return {
    context: {
      grafana,
      owner: target.owner,
      ledger: EMPTY_LEDGER,
      settings: loadedConfig.config.alerting ?? {},
      secrets,
    },
    target,
    project: loadedConfig.config.project,
    runs: runsOf(loadedConfig),
    description: `Grafana ${grafana.version} at ${client.url}`,
    async close() {
      client.close();
    },
  };
}

async function startSandbox(dataDirectory: string) {
  const { startSandbox: start } = await import("../sandbox/server.ts");
  return start({ dataDirectory });
}

function sandboxLine(dataDirectory: string, named: boolean): string {
  const where = relative(process.cwd(), dataDirectory);
  const data = where.startsWith("..") ? dataDirectory : where;
  return named
    ? `Sandbox: its data are in ${data}`
    : `Sandbox: GRAFANA_URL is not set, so this is the embedded Grafana with its data in ${data}`;
}

const ASSUMED = "Whether these credentials may write it was not looked at: this is the plan of some that may.";

/** What was read and compared, from which plans are made as often as consent changes. */
export interface Compared {
  readonly comparisons: readonly Comparison[];
  /** How many objects the project owns, of the kinds that were read: all kinds with `prune`. */
  readonly owned: number;
  /** The session's, with what the owner owns. */
  readonly context: KindContext;
  /** Reads the lists again: whether everything in them is still as it was. */
  readonly isCurrent: () => Promise<boolean>;
  readonly plan: (consent: { adopt: Selection; overwriteDrift: Selection }) => Prepared;
}

export interface CompareInput {
  readonly code: CheckedCode;
  readonly session: Session;
  readonly options: CommonOptions;
  readonly adopt: Selection;
  readonly overwriteDrift?: Selection;
  readonly prune: boolean;
  readonly emit: Emit;
  /** Keeps both sides of everything that differs: `Compared.forms`. */
  readonly keepForms?: boolean;
}

/** Reads the live Grafana and compares it with the code. Throws `InvalidCodeError` for what `existing.*` names and isn't there. */
export async function compareWithLive({
  code,
  session,
  options,
  adopt,
  overwriteDrift = NOTHING,
  prune,
  emit,
  keepForms = false,
}: CompareInput): Promise<Compared> {
  const selected = selectorOf(options.only);
  const desired = code.desired.filter(selected);
  // With `--prune`, what the code no longer has is named as well: that shows once Grafana was read.
  const overwritten = prune ? NOTHING : overwriteDrift;
  const names = { "--adopt": adopt, "--overwrite-drift": overwritten };
  mustNameResources(code.desired, names, prune ? undefined : options.only, selected);
  const expected = code.expected.filter(({ from }) => selected(from));
  const wanted = kindsToRead({ desired, expected }, prune);
  const context = await withLedger(session.context, wanted);
  // What `existing.*` names is in the code, too, whatever was selected of it.
  const declared = new Set([...code.desired.map(address), ...code.expected.map(({ reference }) => address(reference))]);
  const doomed = (object: { kind: string; id: string }) => prune && selected(object) && !declared.has(address(object));
  const lacking = new Map<string, string>();
  const live = await readLive(context, wanted, emit, { unseen: lacking, doomed });
  const unseen = unseenOf(lacking, live, desired);
  mustExist(expected, live);
  if (prune) mustNameOwned(overwriteDrift, live, declared);
  if (context.grafana.marks) mustHoldLedger(code, live);

  const adopts = (name: string) => selects(adopt, name);
  const seen = desired.filter(({ kind }) => !unseen.some((one) => one.kind === kind));
  const comparisons = await compareAll(context, seen, live, { kinds, adopts, emit, keepForms });
  const { project, ledgerFolder } = code.loadedConfig.config;
  const kept = new Set([address({ kind: "folder", id: ownLedgerFolder(context.owner) })]);
  const plan: Compared["plan"] = (consent) =>
    makePlan({
      project,
      owner: context.owner,
      ledger: context.ledger,
      notes: [...(options.assumeWrite ? [ASSUMED] : []), ...notesOf(context)],
      ...(ledgerFolder === undefined ? {} : { ledgerFolder }),
      kept,
      kinds,
      comparisons,
      live,
      code: code.desired,
      declared,
      selected,
      prune,
      permissions: options.assumeWrite ? undefined : context.grafana.permissions,
      unseen,
      ...consent,
    });
  return {
    context,
    comparisons,
    owned: [...ownedIn(live)].filter((name) => !kept.has(name)).length,
    isCurrent: async () =>
      sameVersions(kinds, live, await readLive(context, wanted, () => {}, { unseen: new Map(), doomed })),
    plan: await withAuthors(context.grafana, plan, { adopt, overwriteDrift }),
  };
}

/**
 * What could not be read, with what the code has of it. Without the folders nobody knows what else this project owns.
 *
 * Throws `Forbidden` (exit 3) where nothing at all may be read.
 */
export function unseenOf(lacking: ReadonlyMap<string, string>, live: Live, desired: readonly Desired[]): Unseen[] {
  if (live.size === 0 && lacking.size > 0) {
    const names = [...new Set(lacking.values())].join(", ");
    throw new Forbidden(`These credentials may not read anything that has to be compared: ${names} missing`, {
      exitCode: EXIT.notAuthorised,
      hint: "Give the service account a role (Viewer to plan, Editor or Admin to apply) or these permissions.",
    });
  }
  const folders = lacking.get("folder");
  const all = new Map(lacking);
  for (const kind of kinds.values()) if (folders !== undefined && kind.ledger) all.set(kind.name, folders);
  return [...all].flatMap(([kind, missing]) => {
    const resources = desired.filter((one) => one.kind === kind).map(address);
    return resources.length > 0 || lacking.has(kind) ? [{ kind, missing, resources }] : [];
  });
}

/** Reads what the owner owns of kinds that can't be marked, where any of them is in play. */
export async function withLedger(context: KindContext, wanted: readonly ResourceKind[]): Promise<KindContext> {
  if (!context.grafana.marks || !wanted.some(({ ledger }) => ledger)) return context;
  return { ...context, ledger: await readLedger(context.grafana, context.owner) };
}
