import { z } from "zod";

/** Grafana stores it as the manager in `managedFields`. */
export const USER_AGENT = "grafana-provision";

/** The user agents of the clients that wrote an object. The rest of `managedFields`, most of a list's size, is dropped. */
export const Managers = z.array(z.object({ manager: z.string().default("") })).nullish();
