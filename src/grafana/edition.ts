import { z } from "zod";

/** A feature that Grafana Open Source lacks. */
interface EditionFeature {
  /** Stable, for scripts. */
  readonly name: "custom-roles" | "datasource-permissions" | "team-sync";
  /** As the subject or the object of a sentence. */
  readonly title: string;
  /** Grafana's name in a license. */
  readonly licensedAs: string;
}

const EDITION_FEATURES: readonly EditionFeature[] = [
  { name: "custom-roles", title: "custom roles", licensedAs: "accesscontrol" },
  { name: "datasource-permissions", title: "permissions on datasources", licensedAs: "dspermissions.enforcement" },
  { name: "team-sync", title: "team sync", licensedAs: "teamsync" },
];

/** The edition of a Grafana. */
export interface Edition {
  /** `Open Source`, `Enterprise`. */
  readonly name: string;
  /** The features that the license includes, by Grafana's names. */
  readonly licensed: ReadonlySet<string>;
}

const OPEN_SOURCE = "Open Source";

const Settings = z.looseObject({
  buildInfo: z.looseObject({ edition: z.string() }),
  licenseInfo: z.looseObject({ enabledFeatures: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});

/** The edition in the front-end settings; undefined if they don't name it. */
export function editionIn(settings: unknown): Edition | undefined {
  const { data } = Settings.safeParse(settings);
  if (!data) return undefined;
  const enabled = Object.entries(data.licenseInfo?.enabledFeatures ?? {});
  return {
    name: data.buildInfo.edition,
    licensed: new Set(enabled.flatMap(([name, on]) => (on === true ? [name] : []))),
  };
}

/** A feature and whether a Grafana has it. */
export interface FoundFeature extends Pick<EditionFeature, "name" | "title"> {
  /** `unlicensed`: the license does not include it. `missing`: the edition lacks it. */
  readonly state: "available" | "unlicensed" | "missing";
}

/** Whether a Grafana has the features that Grafana Open Source lacks. */
export function featuresOf({ name: edition, licensed }: Edition): FoundFeature[] {
  return EDITION_FEATURES.map(({ name, title, licensedAs }) => ({
    name,
    title,
    state: edition === OPEN_SOURCE ? "missing" : licensed.has(licensedAs) ? "available" : "unlicensed",
  }));
}
