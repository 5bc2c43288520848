import { z } from "zod";
import { EXIT } from "../util/errors.ts";
import { nameOf, type Client, type Request } from "./client.ts";
import { NotGrafana } from "./errors.ts";

/** An empty response to a write. */
export const Nothing = z.undefined();
/** `{ message: "contactpoint updated" }` */
export const Confirmation = z.looseObject({ message: z.string().regex(/updated|deleted/) });

/**
 * Sends a request and checks the shape of the response. Throws `NotGrafana` for any other shape, so that it is never taken
 * for an empty list or a successful write.
 */
export async function ask<Shape extends z.ZodType>(
  client: Client,
  request: Request,
  shape: Shape,
): Promise<z.infer<Shape>> {
  const { data, error } = shape.safeParse(await client.send(request));
  if (!error) return data;
  const [issue] = error.issues;
  const where = issue?.path.length ? `${issue.path.map(String).join(".")}: ` : "";
  throw new NotGrafana(`${nameOf(request)} returned an unexpected response (${where}${issue?.message ?? ""})`, {
    exitCode: EXIT.failure,
    request: nameOf(request),
    outcomeUnknown: request.method !== "GET",
    hint: "Check GRAFANA_URL and any proxy in front of Grafana. This version of Grafana may also be unsupported.",
  });
}
