import { onTestFinished } from "vitest";
import { allPanels } from "../../src/kinds/dashboard/model/panels.ts";
import { isObject, textOf } from "../../src/util/json.ts";
import { unlessNotFound } from "../../src/grafana/errors.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { RECORDED } from "./recorded.ts";

/** Creates the library panels that recorded dashboards show, until the end of the test. */
export async function createLibraryPanels(grafana: TestGrafana): Promise<void> {
  const shown = RECORDED.flatMap(({ input }) => allPanels(input)).flatMap(({ libraryPanel }) =>
    isObject(libraryPanel) ? [[textOf(libraryPanel["uid"]), textOf(libraryPanel["name"])] as const] : [],
  );
  for (const [uid, name] of new Map(shown)) {
    const path = "/api/library-elements";
    const body = { uid, name, kind: 1, model: { type: "text" } };
    await grafana.other.send({ method: "POST", path, body });
    onTestFinished(async () => {
      await unlessNotFound(grafana.other.send({ method: "DELETE", path: `${path}/${uid}` }));
    });
  }
}
