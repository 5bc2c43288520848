import { z } from "zod";
import { EXIT } from "../util/errors.ts";
import { nameOf, type Client, type Request } from "./client.ts";
import { NotGrafana } from "./errors.ts";

/** The answer of a write that has nothing to tell. */
export const Nothing = z.undefined();
/** `{ message: "contactpoint updated" }` */
export const Confirmation = z.looseObject({ message: z.string().regex(/updated|deleted/) });

/**
 * Sends a request whose answer has to have this shape. One of another shape is no answer: of a list that would be taken for
 * an empty one, of a write that would be taken for done.
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
  throw new NotGrafana(
    `${nameOf(request)} was answered in a shape that this version doesn't know (${where}${issue?.message ?? ""})`,
    {
      exitCode: EXIT.failure,
      request: nameOf(request),
      outcomeUnknown: request.method !== "GET",
      hint: "Check GRAFANA_URL, and what stands before Grafana: this is not Grafana's answer, or that of a version that is not known here.",
    },
  );
}
