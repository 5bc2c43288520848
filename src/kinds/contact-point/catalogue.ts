import { z } from "zod";
import { ask } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { Forbidden, NotFound } from "../../grafana/errors.ts";
import of12x4 from "./catalogue/12.4.json" with { type: "json" };

/** A setting of an integration type. */
export interface Setting {
  readonly name: string;
  readonly form: "text" | "flag" | "choice" | "texts" | "map" | "settings" | "list";
  readonly required?: true;
  readonly secret?: true;
  /** An address that notifications are sent to. */
  readonly url?: true;
  /** It is required only if this setting is not set. */
  readonly unless?: string;
  /** It is required only if another setting has this value. */
  readonly when?: readonly [name: string, value: string];
  readonly choices?: readonly string[];
  /** A regular expression for the whole text. */
  readonly pattern?: string;
  /** The settings inside of it. */
  readonly settings?: readonly Setting[];
}

/** The settings of all integration types of a Grafana, by type. */
export type Catalogue = ReadonlyMap<string, readonly Setting[]>;

interface Option {
  readonly propertyName: string;
  readonly element: string;
  readonly required?: boolean | undefined;
  readonly secure?: boolean | undefined;
  readonly protected?: boolean | undefined;
  readonly dependsOn?: string | undefined;
  readonly showWhen?: { readonly field: string; readonly is: string } | undefined;
  readonly validationRule?: string | undefined;
  readonly selectOptions?: readonly { readonly value: string }[] | null | undefined;
  readonly subformOptions?: readonly Option[] | null | undefined;
}

const OptionSchema: z.ZodType<Option> = z.looseObject({
  propertyName: z.string(),
  element: z.string(),
  required: z.boolean().optional(),
  secure: z.boolean().optional(),
  protected: z.boolean().optional(),
  dependsOn: z.string().optional(),
  showWhen: z.looseObject({ field: z.string(), is: z.string() }).optional(),
  validationRule: z.string().optional(),
  selectOptions: z.array(z.looseObject({ value: z.string() })).nullish(),
  subformOptions: z.lazy(() => z.array(OptionSchema)).nullish(),
});

const Notifiers = z.array(z.looseObject({ type: z.string(), options: z.array(OptionSchema) }));

/** The catalogue of the newest Grafana that this tool was tested with. */
export const RECORDED: Catalogue = new Map(Object.entries(of12x4 as Record<string, readonly Setting[]>));

/** The catalogue of a Grafana. Undefined if the credentials can't read it, or if it has another form. */
export async function readCatalogue(client: Client): Promise<Catalogue | undefined> {
  try {
    const answer = await ask(client, { method: "GET", path: "/api/alert-notifiers" }, z.unknown());
    return catalogueOf(answer);
  } catch (error) {
    if (error instanceof Forbidden || error instanceof NotFound) return undefined;
    throw error;
  }
}

/** Converts the answer to `GET /api/alert-notifiers`. */
export function catalogueOf(answer: unknown): Catalogue | undefined {
  const { data } = Notifiers.safeParse(answer);
  return data && new Map(data.map(({ type, options }) => [type, options.map(settingOf)]));
}

const FORMS: Readonly<Record<string, Setting["form"]>> = {
  checkbox: "flag",
  select: "choice",
  string_array: "texts",
  key_value_map: "map",
  subform: "settings",
  subform_array: "list",
};

function settingOf(option: Option): Setting {
  const { propertyName: name, element, dependsOn, showWhen, validationRule, selectOptions, subformOptions } = option;
  const form = FORMS[element] ?? "text";
  return {
    name,
    form,
    ...(option.required ? { required: true } : {}),
    ...(option.secure ? { secret: true } : {}),
    ...(option.protected ? { url: true } : {}),
    ...(dependsOn ? { unless: dependsOn } : {}),
    ...(showWhen?.field ? { when: [showWhen.field, showWhen.is] } : {}),
    ...(form === "choice" ? { choices: (selectOptions ?? []).map(({ value }) => value) } : {}),
    ...(validationRule ? { pattern: validationRule } : {}),
    ...(form === "settings" || form === "list" ? { settings: (subformOptions ?? []).map(settingOf) } : {}),
  };
}
