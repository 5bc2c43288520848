import { z } from "zod";

/** Grafana names this client by it in the `managedFields` of what it writes. */
export const USER_AGENT = "grafana-provision";

/** The clients that wrote an object, by their user agents: the rest of `managedFields` is most of a list's size. */
export const Managers = z.array(z.object({ manager: z.string().default("") })).nullish();
