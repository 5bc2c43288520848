import { describe, expect, test } from "vitest";
import { desire } from "../../src/code/desired.ts";
import type { Fault } from "../../src/util/errors.ts";
import { folder, type Folder } from "../../src/index.ts";
import { folderUid } from "../../src/kinds/folder/builder.ts";
import { kinds } from "../../src/kinds/index.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../helpers/mode.ts";
import { board, changeOf, find, remove, stored } from "../engine/support.ts";

const PARENT = "grafana.app/folder";

async function parentOf(grafana: TestGrafana, uid: string): Promise<string | undefined> {
  return (await stored(grafana, "folder", uid)).metadata.annotations[PARENT];
}

describe("in Grafana", () => {
  test.runIf(KUBERNETES)(
    "is created with title and description, changed, and its description cleared [needs an API that gives descriptions back]",
    async () => {
      const grafana = await testGrafana();
      const context = await grafana.context(grafana.name("own"));
      const uid = grafana.name("f");

      await converge(context, [folder({ uid, title: "Platform", description: "What runs everything" })]);
      expect((await stored(grafana, "folder", uid)).spec).toEqual({
        title: "Platform",
        description: "What runs everything",
      });

      const renamed = await converge(context, [folder({ uid, title: "Platform team", description: "Other words" })]);
      expect(renamed.plan.changes[0]?.differences.map(({ path }) => path)).toEqual(["title", "description"]);
      expect((await stored(grafana, "folder", uid)).spec).toMatchObject({
        title: "Platform team",
        description: "Other words",
      });

      const cleared = await converge(context, [folder({ uid, title: "Platform team" })]);
      expect(cleared.plan.changes[0]?.differences).toMatchObject([{ type: "removed", path: "description" }]);
      expect((await stored(grafana, "folder", uid)).spec["description"] ?? "").toBe("");
    },
  );

  test("is created inside its parent in one apply, four levels deep, in any order of the code", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const levels: Folder[] = [];
    for (let depth = 0; depth < 4; depth++) {
      const parent = levels.at(-1);
      levels.push(folder({ uid: grafana.name(`l${depth}`), title: `Level ${depth}`, ...(parent ? { parent } : {}) }));
    }

    await converge(context, levels.toReversed());

    const parents = await Promise.all(levels.map(({ uid = "" }) => parentOf(grafana, uid)));
    expect(parents).toEqual([undefined, levels[0]?.uid, levels[1]?.uid, levels[2]?.uid]);
  });

  test("moves to another parent, to the root and back, with its content", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [one, two] = [
      folder({ uid: grafana.name("one"), title: "1" }),
      folder({ uid: grafana.name("two"), title: "2" }),
    ];
    const [uid, inside] = [grafana.name("moving"), grafana.name("inside")];
    const at = (parent: Folder | null) => {
      const moving = folder({ uid, title: "Moving", parent });
      return [one, two, moving, board(inside, { folder: moving })];
    };

    await converge(context, at(one));
    for (const parent of [two, null, one]) {
      const { plan } = await converge(context, at(parent));
      expect(plan.changes.map(({ kind, id }) => `${kind}/${id}`)).toEqual([`folder/${uid}`]);
      expect(await parentOf(grafana, uid)).toBe(parent?.uid);
    }
    expect((await stored(grafana, "dashboard", inside)).metadata.annotations[PARENT]).toBe(uid);
  });

  test("swaps places with its parent", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [a, b] = [grafana.name("a"), grafana.name("b")];
    const top = folder({ uid: a, title: "A" });
    await converge(context, [top, folder({ uid: b, title: "B", parent: top })]);

    const newTop = folder({ uid: b, title: "B", parent: null });
    await converge(context, [newTop, folder({ uid: a, title: "A", parent: newTop })]);

    expect([await parentOf(grafana, a), await parentOf(grafana, b)]).toEqual([b, undefined]);
  });

  test("has no difference because of spaces around its title, which Grafana removes", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("spaces");

    await converge(context, [folder({ uid, title: "  Two words " })]);

    expect((await stored(grafana, "folder", uid)).spec["title"]).toBe("Two words");
  });

  test("without a uid has a stable one, derived from project, parent and title", async () => {
    const grafana = await testGrafana();
    const owner = grafana.name("own");
    const context = await grafana.context(owner);
    const outer = folder({ title: grafana.name("Outer") });
    const inner = folder({ title: grafana.name("Inner"), parent: outer });

    await converge(context, [outer, inner]);
    await converge(context, [folder({ ...outer }), folder({ ...inner, description: "now described" })]);

    const uid = folderUid(inner, owner);
    // The older API doesn't return it.
    const { description } = (await stored(grafana, "folder", uid)).spec;
    expect(description).toBe(KUBERNETES ? "now described" : undefined);
    expect(await parentOf(grafana, uid)).toBe(folderUid(outer, owner));
    // Cleanup of a shared Grafana finds objects by name, of which a derived uid contains only a part.
    await converge(context, [], { prune: true });
    expect((await find(grafana, "folder", uid)) !== undefined).toBe(!MARKS);
    if (!MARKS) await remove(grafana, "folder", folderUid(outer, owner));
  });

  test("is created in a folder that is not owned", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [theirs, uid] = [grafana.name("theirs"), grafana.name("mine")];
    await grafana.other.send({ method: "POST", path: "/api/folders", body: { uid: theirs, title: theirs } });

    await converge(context, [folder({ uid, title: "Mine", parent: { kind: "folder", uid: theirs, existing: true } })]);

    expect(await parentOf(grafana, uid)).toBe(theirs);
  });

  test("is shown in a plan by its uid and title", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("f");

    const change = changeOf(await planFor(context, [folder({ uid, title: "Platform" })]), `folder/${uid}`);

    expect(change).toMatchObject({ action: "create", title: "Platform", source: { file: "test.ts" } });
  });
});

describe("a derived uid", () => {
  test("is the same for the same folder, and differs by title, parent and project", () => {
    const platform = folder({ title: "Platform" });
    const uids = [
      folderUid(platform, "own"),
      folderUid(platform, "other"),
      folderUid(folder({ title: "Platforms" }), "own"),
      folderUid(folder({ title: "Platform", parent: platform }), "own"),
    ];

    expect(folderUid(folder({ title: "Platform", description: "other words" }), "own")).toBe(uids[0]);
    expect(new Set(uids).size).toBe(4);
    // The uid is in Grafana and in users' links: if a release derived a different one, it would create every folder
    // again.
    expect(uids[0]).toBe("platform-81199081");
  });

  test.each([["Ünïcode & 漢字"], ["漢字"], ["x".repeat(200)], ["-_-"], ["a/b c"]])(
    "is valid in Grafana: %s",
    (title) => {
      expect(folderUid(folder({ title }), "own")).toMatch(/^[a-zA-Z0-9_-]{1,40}$/);
    },
  );
});

function faultsOf(...folders: object[]): readonly Fault[] {
  const loaded = folders.map((value, index) => ({
    kind: "folder",
    value,
    source: { file: "f.ts", export: `all[${index}]` },
  }));
  return desire(loaded, kinds, "own").faults;
}

describe("folders that Grafana would accept, but that are faults:", () => {
  test("a folder inside itself", () => {
    const a: { kind: "folder"; uid: string; title: string; parent?: object } = { kind: "folder", uid: "a", title: "A" };
    const b = { kind: "folder", uid: "b", title: "B", parent: a };
    a.parent = { kind: "folder", uid: "b", title: "B" };

    expect(faultsOf(a, b)).toContainEqual(
      expect.objectContaining({ path: "parent", message: expect.stringContaining("contains itself") }),
    );
  });

  test("five levels", () => {
    const levels: object[] = [];
    for (let depth = 0; depth < 5; depth++) {
      levels.push({ kind: "folder", uid: `l${depth}`, title: "L", ...(depth ? { parent: levels.at(-1) } : {}) });
    }

    expect(faultsOf(...levels)).toMatchObject([
      { path: "parent", message: expect.stringContaining("at most 4 levels") },
    ]);
    expect(faultsOf(...levels.slice(0, 4))).toEqual([]);
  });

  test("a parent that nothing exports", () => {
    const parent = folder({ uid: "nowhere", title: "N" });

    expect(faultsOf(folder({ uid: "a", title: "A", parent }))).toMatchObject([
      { path: "parent", message: expect.stringContaining("nowhere") },
    ]);
  });
});
