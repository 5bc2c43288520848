import type { Caller } from "../access/caller.ts";
import type { ResourceAccess } from "../access/resource-access.ts";
import type { VersionClock } from "../clock.ts";
import type { Draft } from "./metadata.ts";
import type { ObjectCollection, StoredObject } from "./objects.ts";
import { afterName, continueToken, takePage, versionOf, versionToken } from "./pages.ts";
import { asksForTrash, parseNameSelector, parseSelector } from "./selectors.ts";
import type { KindNames } from "./status.ts";

/** What a client asks of a list. */
export interface ListRequest {
  /** 0 for none. */
  readonly limit: number;
  readonly continue: string;
  readonly selector: string;
  readonly fieldSelector: string;
  /** Whether the request has no parameters at all. */
  readonly bare: boolean;
}

/** What of a list its caller may see. */
interface Visible {
  readonly all: boolean;
  readonly live: (object: StoredObject) => boolean;
  readonly deleted: (object: StoredObject) => boolean;
}

/** A page of a list with the list's own metadata. */
export interface List {
  readonly objects: readonly StoredObject[];
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
}

/** How the versions of an object are listed. */
export interface HistoryForm {
  /** The version of the list itself, given all objects. */
  listVersion(objects: ObjectCollection): string;
  /** The version before which a page begins, read from its token; undefined for the first one. */
  before(token: string): number | undefined;
  /** Token with which the page after this version is asked for; `count` is how many the page has. */
  token(last: StoredObject, count: number): string;
  /** A version as this caller sees it now that the object is another; undefined for one that it may not see. */
  shown(version: StoredObject, current: StoredObject, access: ResourceAccess, caller: Caller): StoredObject | undefined;
}

/** How the objects of a kind are kept, as far as clients notice. */
export interface Storage {
  /** How the metadata of what the caller writes names it. */
  author(caller: Caller): string;
  /** The uid of a new object. */
  uid(names: KindNames, draft: Draft): string;
  /** The version of a write that makes this generation. */
  resourceVersion(generation: number): string;
  /** The numeric id of a new object in older APIs, if it has one; `sent` is the value of its label. */
  internalId(sent: string | undefined): string | undefined;
  /** What is kept of an object that was written, over another or as a new one. */
  kept(object: StoredObject, previous?: StoredObject): StoredObject;
  /** How the answer shows an object that was written in this form, and kept in that. */
  answered(written: StoredObject, kept: StoredObject, created: boolean): StoredObject;
  /** Whether metadata is looked at before a write: versions, uids, the names of labels and annotations. */
  readonly checksMetadata: boolean;
  /** Whether reads show `managedFields`. */
  readonly keepsManagers: boolean;
  /** Whether a dry run is one: else it writes. */
  readonly dryRuns: boolean;
  /** Whether a write of a missing object creates it. */
  readonly createsByUpdate: boolean;
  /** Whether deleted objects can be listed. */
  readonly keepsDeleted: boolean;
  /** Whether the answer to a delete is the object, not a `Status`. */
  readonly showsDeleted: boolean;
  /** Absent where no list shows what objects were. */
  readonly history?: HistoryForm;
  list(objects: ObjectCollection, trash: ObjectCollection, request: ListRequest, visible: Visible): List;
}

/** The storage of Grafana 12 and later: everything that a client says is kept. */
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
      // A version is as visible as what lies where it lay.
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
        // A page is cut before the selector looks at it, as in Grafana: it may hold fewer objects than the limit.
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
