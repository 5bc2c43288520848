import type { SourceContext } from "../../../engine/source.ts";
import type { WriterTools } from "../../../import/sdk/writer.ts";
import { fromObject, without, withProperties } from "../plain.ts";

/** The functions of this package for what the SDK's builders can't build. */
export function writerTools({ own }: SourceContext): WriterTools {
  return {
    merge: own("withProperties", withProperties),
    remove: own("without", without),
    object: own("fromObject", fromObject),
  };
}
