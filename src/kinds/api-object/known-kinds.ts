import { featuresOf, type Edition, type FoundFeature } from "../../grafana/edition.ts";
import { isObject, textOf, toJson } from "../../util/json.ts";
import type { ApiObject } from "./builder.ts";
import { groupOf, typeOf } from "./id.ts";

/** Kinds of this tool that manage a type. */
interface Known {
  readonly kinds: readonly string[];
  /** The function that defines their objects. */
  readonly use: string;
  /** The id that the same object has in these kinds. Default: its name. */
  readonly id?: (object: ApiObject) => string;
}

const titleOf = ({ spec }: ApiObject): string => textOf(toJson(spec["title"] ?? "")).trim();

/** Types that a kind of this tool manages. */
export const KNOWN: Readonly<Record<string, Known>> = {
  "dashboard.grafana.app/Dashboard": { kinds: ["dashboard"], use: "dashboard" },
  "dashboard.grafana.app/LibraryPanel": { kinds: ["library-panel"], use: "libraryPanel" },
  "folder.grafana.app/Folder": { kinds: ["folder"], use: "folder" },
  "iam.grafana.app/ResourcePermission": {
    kinds: ["folder-permissions", "dashboard-permissions"],
    use: "folderPermissions",
    id({ spec }) {
      const target = toJson(spec["resource"] ?? {});
      return isObject(target) ? textOf(target["name"]) : "";
    },
  },
  "iam.grafana.app/ServiceAccount": { kinds: ["service-account"], use: "serviceAccount", id: titleOf },
  "iam.grafana.app/Team": { kinds: ["team"], use: "team", id: titleOf },
  "iam.grafana.app/TeamBinding": { kinds: ["team"], use: "team" },
  "playlist.grafana.app/Playlist": { kinds: ["playlist"], use: "playlist" },
  "preferences.grafana.app/Preferences": {
    kinds: ["organization-preferences"],
    use: "organizationPreferences",
    // The other objects are the preferences of a team or a user.
    id: ({ metadata: { name } }) => (name === "namespace" ? "organization" : name),
  },
};

/** The group of a datasource's plugin. */
export const OF_DATASOURCE = /(?:^|\.)datasource\.grafana\.app$/;
export const DATASOURCE: Known = { kinds: ["datasource"], use: "datasource" };

/** The kinds that manage the type of an object. Each plugin of datasources has a group of its own. */
export function knownAs(object: ApiObject): Known | undefined {
  // No kind of this tool manages permissions on datasources.
  if (isDatasourcePermission(object)) return undefined;
  return OF_DATASOURCE.test(groupOf(object.apiVersion)) ? DATASOURCE : KNOWN[typeOf(object)];
}

function isDatasourcePermission(object: ApiObject): boolean {
  const target = toJson(object.spec["resource"] ?? {});
  const isPermission = typeOf(object) === `${ACCESS}/ResourcePermission`;
  return isPermission && isObject(target) && OF_DATASOURCE.test(textOf(target["apiGroup"]));
}

/** Types that only some editions of Grafana have, although others may serve them. */
const FEATURES: Readonly<Record<string, FoundFeature["name"]>> = {
  "iam.grafana.app/ExternalGroupMapping": "team-sync",
  "iam.grafana.app/GlobalRole": "custom-roles",
  "iam.grafana.app/GlobalRoleBinding": "custom-roles",
  "iam.grafana.app/Role": "custom-roles",
  "iam.grafana.app/RoleBinding": "custom-roles",
  "iam.grafana.app/TeamLBACRule": "datasource-permissions",
};

/** The feature that an object needs and this edition lacks. */
export function missingFeature(object: ApiObject, edition: Edition | undefined): FoundFeature | undefined {
  return missing(isDatasourcePermission(object) ? "datasource-permissions" : FEATURES[typeOf(object)], edition);
}

/** Whether a Grafana of this edition rejects all requests for objects of a type, even if it lists the type as served. */
export function isUnavailable(type: string, edition: Edition | undefined): boolean {
  return missing(FEATURES[type], edition) !== undefined;
}

function missing(needed: FoundFeature["name"] | undefined, edition: Edition | undefined): FoundFeature | undefined {
  return edition && featuresOf(edition).find(({ name, state }) => name === needed && state === "missing");
}

/** Types whose specs contain secrets in plain text. */
export const SECRET: ReadonlySet<string> = new Set(["iam.grafana.app/SSOSetting", "secret.grafana.app/SecureValue"]);

/** The group of permissions, roles and members. */
export const ACCESS = "iam.grafana.app";

/** Groups of installed plugins and of data of one user. Grafana 12.4.0 answers 403 to their lists, to a Viewer or even to an Admin. */
export const NOT_OF_ORGANIZATION: ReadonlySet<string> = new Set(["plugins.grafana.app", "userstorage.grafana.app"]);

/** Types whose objects Grafana names itself, so that the code can't name them. Their dry runs write. */
export const NAMED_BY_GRAFANA: Readonly<Record<string, string>> = {
  "notifications.alerting.grafana.app/Receiver": "contactPoint",
  "notifications.alerting.grafana.app/RoutingTree": "notificationPolicy",
  "notifications.alerting.grafana.app/TemplateGroup": "messageTemplate",
  "notifications.alerting.grafana.app/TimeInterval": "muteTiming",
  "rules.alerting.grafana.app/AlertRule": "ruleGroup",
  "rules.alerting.grafana.app/RecordingRule": "ruleGroup",
};

/** The only group whose dry runs write nothing, wherever Grafana stores the objects. Legacy storage ignores `dryRun` of folders and playlists. */
export const DRY_RUNS = "dashboard.grafana.app";
