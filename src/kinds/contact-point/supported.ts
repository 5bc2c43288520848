import type { KindContext } from "../../engine/kind-context.ts";
import type { Desired } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import type { ContactPoint } from "./builder.ts";
import { readCatalogue, RECORDED } from "./catalogue.ts";
import { integrationFaults } from "./setting-faults.ts";

/** Faults of types and settings, by the catalogue of the Grafana if it can be read, or else by the recorded one. */
export async function unsupportedSettings(
  all: readonly Desired<ContactPoint>[],
  context?: KindContext,
): Promise<Fault[]> {
  const live = context && (await readCatalogue(context.grafana.client));
  return all.flatMap(({ resource, source }) =>
    resource.integrations.flatMap((one, index) =>
      integrationFaults(one, live ?? RECORDED, live !== undefined).map((fault): Fault => ({
        ...fault,
        code: "code-property-invalid",
        ...source,
        path: `integrations[${index}].${fault.path}`,
      })),
    ),
  );
}
