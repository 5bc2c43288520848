import type { SourceFacet } from "../../engine/source.ts";
import { call, objectOf, valueOf } from "../../import/code/expression.ts";
import { folder } from "./builder.ts";
import { text, type LiveFolder } from "./live.ts";

export const source: SourceFacet<LiveFolder> = {
  directory: "dashboards",
  file: "folders",
  write(live, context) {
    const description = text(live.object.spec?.["description"]);
    return call(
      context.own("folder", folder),
      objectOf({
        uid: valueOf(live.id),
        title: valueOf(live.title),
        description: description ? valueOf(description) : undefined,
        parent: live.parent === undefined ? undefined : context.refer("folder", live.parent),
      }),
    );
  },
};
