import { contextOf } from "../context.ts";
import type { Stack } from "../definition.ts";
import type { Service } from "../service.ts";

/** A volume of a service that writes it. */
export interface DataVolume {
  readonly service: Service;
  /** Its name in the compose file: `"prometheus-data"`. */
  readonly volume: string;
  /** Its directory in the container. */
  readonly target: string;
}

/** The volumes of a stack with data, in display order of their services. */
export function dataVolumes(stack: Stack): DataVolume[] {
  return mounts(stack).flatMap(({ readOnly, ...volume }) => {
    const { service } = volume;
    return readOnly || service.type.elsewhere?.(service)?.all ? [] : [volume];
  });
}

/** The services that mount one of these volumes. */
export function usersOf(stack: Stack, volumes: ReadonlySet<string>): Service[] {
  return [...new Set(mounts(stack).flatMap(({ service, volume }) => (volumes.has(volume) ? [service] : [])))];
}

function mounts(stack: Stack): (DataVolume & { readonly readOnly: boolean })[] {
  const context = contextOf(stack);
  return [...stack.services.values()].flatMap((service) =>
    (service.type.parts(service, context).mounts ?? []).flatMap((mount) =>
      mount.type === "volume"
        ? [{ service, volume: mount.name, target: mount.target, readOnly: mount.readOnly ?? false }]
        : [],
    ),
  );
}
