import { isObject, text, type JsonObject } from "../json.ts";
import { badRequest, invalid, wrongType, type InvalidField, type KindNames } from "./status.ts";

export type Strings = Record<string, string>;

export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Strings;
  readonly annotations?: Strings;
  readonly managedFields?: readonly ManagedFields[];
}

/** A client that wrote fields of an object. The sandbox does not record which fields. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: "Update";
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: "FieldsV1";
  readonly fieldsV1: Readonly<Record<string, never>>;
}

export function managedFields(manager: string, apiVersion: string, time: string): ManagedFields {
  return { manager, operation: "Update", apiVersion, time, fieldsType: "FieldsV1", fieldsV1: {} };
}

/** The fields of an object that the client sends. */
export interface Draft {
  readonly version: string;
  /** The name of the client in `managedFields`. */
  readonly manager: string;
  name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  labels: Strings;
  readonly annotations: Strings;
  spec: JsonObject;
  /** The properties next to `spec`, as JSON text without braces, if the kind stores any. */
  readonly more?: string;
}

export const annotation = {
  createdBy: "grafana.app/createdBy",
  updatedBy: "grafana.app/updatedBy",
  updatedTimestamp: "grafana.app/updatedTimestamp",
  folder: "grafana.app/folder",
  grantPermissions: "grafana.app/grant-permissions",
  managedBy: "grafana.app/managedBy",
  managerId: "grafana.app/managerId",
  message: "grafana.app/message",
} as const;

export const internalIdLabel = "grafana.app/deprecatedInternalID";

const annotationsLimit = 262_144;
const namePart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const prefixPart = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Sorted by key; undefined if empty, because Grafana omits empty maps. */
export function stringsOrNone(values: Strings): Strings | undefined {
  const entries = Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Parses `labels` or `annotations` of a request. */
export function stringsOf(value: unknown, field: string): Strings {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw wrongType(`metadata.${field}`, "map");
  const result = new Map<string, string>();
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== "string") throw wrongType(`metadata.${field}.${key}`, "string");
    result.set(key, item);
  }
  return Object.fromEntries(result);
}

/** The API server's checks of metadata, which run before those of the kind. */
export function validateMetadata(names: KindNames, draft: Draft): void {
  const causes: InvalidField[] = [];
  const refuse = (field: string, message: string, reason = "FieldValueInvalid"): void => {
    causes.push({ field, message, reason });
  };
  for (const [key, value] of Object.entries(draft.labels)) {
    if (!isQualifiedName(key)) refuse("metadata.labels", `Invalid value: "${key}": not a qualified name`);
    if (value.length > 63 || (value !== "" && !namePart.test(value))) {
      refuse("metadata.labels", `Invalid value: "${value}": not a label value`);
    }
  }
  let size = 0;
  for (const [key, value] of Object.entries(draft.annotations)) {
    if (!isQualifiedName(key.toLowerCase())) {
      refuse("metadata.annotations", `Invalid value: "${key}": not a qualified name`);
    }
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > annotationsLimit) {
    refuse("metadata.annotations", `Too long: may not be more than ${annotationsLimit} bytes`, "FieldValueTooLong");
  }
  if (causes.length > 0) throw invalid(names, draft.name, causes);
}

function isQualifiedName(key: string): boolean {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.length > 2 || name.length > 63 || !namePart.test(name)) return false;
  const prefix = parts.length === 2 ? (parts[0] ?? "") : undefined;
  return prefix === undefined || (prefix.length <= 253 && prefixPart.test(prefix));
}

/** Parses the object of a POST or PUT. `urlName` is the name in the path, or "" for a POST. */
export function draftOf(
  names: KindNames,
  version: string,
  namespace: string,
  body: JsonObject,
  urlName: string,
): Omit<Draft, "manager"> {
  const apiVersion = text(body["apiVersion"]);
  const expected = `${names.group}/${version}`;
  if (apiVersion !== "" && apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  }
  const kind = text(body["kind"]);
  if (kind !== "" && kind !== names.kind) {
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${names.kind}`);
  }
  const metadata = body["metadata"] ?? {};
  if (!isObject(metadata)) throw wrongType("metadata", "object");
  const bodyNamespace = text(metadata["namespace"]);
  if (bodyNamespace !== "" && bodyNamespace !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  const name = text(metadata["name"]);
  if (urlName !== "" && name === "") {
    throw badRequest(`the name of the object (${urlName} based on URL) was undeterminable: name must be provided`);
  }
  if (urlName !== "" && name !== urlName) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${urlName})`);
  }
  const spec = body["spec"] ?? {};
  if (!isObject(spec)) throw wrongType("spec", "object");
  return {
    version,
    name: name || generatedName(text(metadata["generateName"])),
    uid: text(metadata["uid"]),
    resourceVersion: text(metadata["resourceVersion"]).replace(/^0$/, ""),
    labels: stringsOf(metadata["labels"], "labels"),
    annotations: stringsOf(metadata["annotations"], "annotations"),
    spec,
  };
}

function generatedName(prefix: string): string {
  return prefix === "" ? "" : prefix + shortId().slice(0, 5);
}

/** A random uid in the form of Grafana's short uids. */
export function shortId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(14)), (byte) => (byte % 36).toString(36)).join("");
}

/** The uid of an object's folder; "" for the root. */
export function folderOf(object: { readonly annotations?: Strings }): string {
  return object.annotations?.[annotation.folder] ?? "";
}
