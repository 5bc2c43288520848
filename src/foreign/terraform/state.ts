import { z } from "zod";
import type { TerraformAttribute } from "../../engine/foreign.ts";
import { address } from "../../engine/model.ts";
import type { Kinds } from "../../engine/resource.ts";
import { EXIT, ProvisionError } from "../../util/errors.ts";
import { isObject } from "../../util/json.ts";

/** One address of a Terraform state. */
export interface StateEntry {
  /** `module.team["shop"].grafana_dashboard.api[0]` */
  readonly address: string;
  /** The same without the keys of instances, as `removed` blocks require it. */
  readonly resource: string;
  /** The object in Grafana, or why there is none: a sentence without the address. */
  readonly is: StateObject | { readonly why: string };
}

interface StateObject {
  /** `dashboard/fastapi` */
  readonly object: string;
  /** Absent: the organization of the provider's credentials. */
  readonly organization?: number;
}

// Unknown properties are dropped: values of other attributes can be secrets.
const Resource = z.object({
  address: z.string(),
  mode: z.enum(["managed", "data"]),
  type: z.string(),
  provider_name: z.string().default(""),
  deposed_key: z.string().optional(),
  values: z
    .object({
      id: z.unknown(),
      uid: z.unknown(),
      name: z.unknown(),
      folder_uid: z.unknown(),
      org_id: z.unknown(),
      metadata: z.object({ uid: z.unknown() }).nullish().catch(undefined),
    })
    .partial()
    .nullish(),
});

type Resource = z.infer<typeof Resource>;

interface Module {
  readonly resources?: Resource[] | undefined;
  readonly child_modules?: Module[] | undefined;
}

const Module: z.ZodType<Module> = z.object({
  resources: z.array(Resource).optional(),
  child_modules: z.lazy(() => z.array(Module)).optional(),
});

const State = z.object({
  format_version: z.string().regex(/^[01]\.\d+$/),
  values: z.object({ root_module: Module.optional() }).optional(),
});

/** The key of `count` or `for_each`. Terraform escapes control characters. */
const KEY = String.raw`\[(?:\d+|"(?:\\[^\p{Cc}\u2028\u2029]|[^"\\\p{Cc}\u2028\u2029])*")\]`;
const NAME = String.raw`[\p{ID_Start}_][\p{ID_Continue}\-]*`;
const ADDRESS = new RegExp(
  `^(?:module\\.${NAME}(?:${KEY})?\\.)*(?:data\\.)?(?!module\\.)${NAME}\\.${NAME}(?:${KEY})?$`,
  "u",
);

const HINT = "Write it with: terraform show -json > state.json";

/** The entries of a state, in the form of `terraform show -json`. `from`: its name in messages. */
export function entriesOf(text: string, from: string, kinds: Kinds): readonly StateEntry[] {
  const state = parsed(text, from);
  const types = new Map([...kinds.values()].flatMap(({ name, foreign }) => typesOf(name, foreign?.terraform)));
  const resources = [...resourcesIn(state.values?.root_module ?? {})];
  // `removed.tf` contains the addresses, and Terraform executes it.
  const wrong = resources.find((one) => !ADDRESS.test(one.address));
  if (wrong) throw invalid(`${from} contains the invalid resource address ${JSON.stringify(wrong.address)}`);
  return resources.map((resource) => ({
    address: resource.address,
    resource: withoutKeys(resource.address),
    is: objectOf(resource, types),
  }));
}

function parsed(text: string, from: string): z.infer<typeof State> {
  let value: unknown;
  try {
    // Windows PowerShell writes a byte order mark.
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    // The message of JSON.parse contains a part of the text, which can be a secret.
    throw invalid(`${from} is not valid JSON`);
  }
  const { success, data } = State.safeParse(value);
  if (success) {
    if (data.values === undefined && isObject(value) && "planned_values" in value)
      throw invalid(`${from} is a plan of Terraform, not a state`);
    return data;
  }
  const isFile = isObject(value) && "lineage" in value && "terraform_version" in value;
  throw invalid(
    isFile
      ? `${from} is Terraform's own state file, whose format changes between versions`
      : `${from} is not a state in the form of \`terraform show -json\` (format_version 1)`,
  );
}

function invalid(message: string): ProvisionError {
  return new ProvisionError(message, { exitCode: EXIT.invalid, code: "terraform-state-invalid", hint: HINT });
}

function* resourcesIn({ resources = [], child_modules: modules = [] }: Module): Iterable<Resource> {
  // A deposed object is what a failed replacement left behind.
  yield* resources.filter((one) => one.deposed_key === undefined);
  for (const module of modules) yield* resourcesIn(module);
}

function withoutKeys(name: string): string {
  return name.replaceAll(new RegExp(KEY, "gu"), "");
}

interface TypeReader {
  readonly kind: string;
  readonly id: (attribute: (name: TerraformAttribute) => string) => string;
}

function typesOf(kind: string, types: Readonly<Record<string, TypeReader["id"]>> = {}) {
  return Object.entries(types).map(([type, id]) => [type, { kind, id }] as const);
}

function objectOf(resource: Resource, types: ReadonlyMap<string, TypeReader>): StateEntry["is"] {
  const { mode, type, provider_name: provider, values } = resource;
  if (mode === "data") return { why: "Terraform only reads it (a data source)" };
  if (!isGrafana(provider, type)) return { why: `it belongs to another provider (${provider || type.split("_")[0]})` };
  const reader = types.get(type.replace(/^(grafana_apps_\w+)_v\d\w*$/, "$1"));
  if (!reader) return { why: `${type} is not supported; keep it in Terraform` };
  const [, prefix, rest = ""] = /^(?:(\d+):)?(.*)$/s.exec(textOf(values?.id)) ?? [];
  const attribute = (name: TerraformAttribute): string => {
    const given = textOf(name === "metadata.uid" ? values?.metadata?.uid : values?.[name]);
    // Some attributes have the organization as their ids have it. A uid has no colon.
    if (name !== "name") return given.replace(/^\d+:/, "") || rest;
    return given || rest;
  };
  const id = reader.id(attribute);
  if (id === "") return { why: "the state has no uid or name of it; run `terraform apply -refresh-only` first" };
  const organization = Number(prefix ?? textOf(values?.org_id));
  return { object: address({ kind: reader.kind, id }), ...(organization > 0 ? { organization } : {}) };
}

/** The provider's address: `registry.terraform.io/grafana/grafana`. Terraform 0.12 had only names. */
function isGrafana(provider: string, type: string): boolean {
  return type.startsWith("grafana_") && /(^|\/)grafana$/.test(provider);
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
