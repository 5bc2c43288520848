import type { Caller } from "../access/caller.ts";
import type { ResourceAccess } from "../access/resource-access.ts";
import type { VersionClock } from "../clock.ts";
import type { Draft } from "./metadata.ts";
import type { ObjectCollection, StoredObject } from "./objects.ts";
import { afterName, continueToken, takePage, versionOf, versionToken } from "./pages.ts";
import { asksForTrash, parseNameSelector, parseSelector } from "./selectors.ts";
import type { KindNames } from "./status.ts";

/** The parameters of a list. */
export interface ListRequest {
  /** 0: no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly selector: string;
  readonly fieldSelector: string;
  /** Whether the request has no parameters. */
  readonly bare: boolean;
}

/** The part of a list that the caller can read. */
interface Visible {
  readonly all: boolean;
  readonly live: (object: StoredObject) => boolean;
  readonly deleted: (object: StoredObject) => boolean;
}

/** A page of a list with the list's metadata. */
export interface List {
  readonly objects: readonly StoredObject[];
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
}

/** The form of a list of versions. */
export interface HistoryForm {
  /** The resource version of the list. */
  listVersion(objects: ObjectCollection): string;
  /** Parses a continue token: the version before which the page starts; undefined for the first page. */
  before(token: string): number | undefined;
  /** The continue token for the page after `last`. `count` is the length of the current page. */
  token(last: StoredObject, count: number): string;
  /** A version as the caller sees it; undefined if the caller can't read it. */
  shown(version: StoredObject, current: StoredObject, access: ResourceAccess, caller: Caller): StoredObject | undefined;
}

/** The behavior of a storage that clients can observe. */
export interface Storage {
  /** How the caller is named in the metadata of objects that it writes. */
  author(caller: Caller): string;
  /** The uid of a new object. */
  uid(names: KindNames, draft: Draft): string;
  /** The resource version of a write with this generation. */
  resourceVersion(generation: number): string;
  /** The numeric id of a new object in the older APIs, if it has one. `sent` is the value of its label. */
  internalId(sent: string | undefined): string | undefined;
  /** The part of a written object that is stored. */
  kept(object: StoredObject, previous?: StoredObject): StoredObject;
  /** The response to a write, from the written and the stored form. */
  answered(written: StoredObject, kept: StoredObject, created: boolean): StoredObject;
  /** Whether a write checks metadata: versions, uids, names of labels and annotations. */
  readonly checksMetadata: boolean;
  /** Whether reads show `managedFields`. */
  readonly keepsManagers: boolean;
  /** Whether dry runs are supported. If not, a dry run writes. */
  readonly dryRuns: boolean;
  /** Whether an update creates a missing object. */
  readonly createsByUpdate: boolean;
  /** Whether deleted objects can be listed. */
  readonly keepsDeleted: boolean;
  /** Whether the response to a delete is the object instead of a `Status`. */
  readonly showsDeleted: boolean;
  /** Absent if versions can't be listed. */
  readonly history?: HistoryForm;
  list(objects: ObjectCollection, trash: ObjectCollection, request: ListRequest, visible: Visible): List;
}

/** The storage of Grafana 12 and later, which keeps all metadata. */
export function unifiedStorage(clock: VersionClock): Storage {
  return {
    author: ({ author }) => author,
    uid: () => crypto.randomUUID(),
    resourceVersion: () => String(clock.next()),
    internalId: (sent) => sent ?? String(clock.next()),
    kept: (object) => object,
    answered: (written) => written,
    checksMetadata: true,
    keepsManagers: true,
    dryRuns: true,
    createsByUpdate: true,
    keepsDeleted: true,
    showsDeleted: false,
    history: {
      listVersion: () => String(clock.last),
      before: (token) => (token === "" ? undefined : versionOf(token)),
      token: ({ metadata }, count) => versionToken(Number(metadata.resourceVersion), count),
      // Access to a version depends on the folder that it was in.
      shown: (version, _current, access, caller) => (access.canReadVersion(caller, version) ? version : undefined),
    },
    list(objects, trash, request, visible) {
      const wantsTrash = asksForTrash(request.selector);
      const after = afterName(request.continue);
      const isNamed = parseNameSelector(request.fieldSelector);
      const isVisible = wantsTrash ? visible.deleted : visible.live;
      const all = (wantsTrash ? trash : objects).all(after);
      const source = seen(all, (object) => isNamed(object.metadata.name) && isVisible(object));
      const page = takePage(source, request.limit);
      const matches = wantsTrash ? () => true : parseSelector(request.selector);
      return {
        // Like Grafana, applies the selector to the page, which can then have fewer objects than the limit.
        objects: page.objects.filter((object) => matches(object.metadata.labels ?? {})),
        metadata: {
          resourceVersion: String(clock.last),
          ...(page.next === undefined ? {} : { continue: continueToken(page.next.metadata.name, clock.last) }),
        },
      };
    },
  };
}

function* seen(objects: Iterable<StoredObject>, isVisible: (object: StoredObject) => boolean): Generator<StoredObject> {
  for (const object of objects) if (isVisible(object)) yield object;
}
