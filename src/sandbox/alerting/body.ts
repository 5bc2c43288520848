import type { Context } from "hono";
import { readBody } from "../http.ts";
import type { Json } from "../json.ts";
import { goObject, type GoObject } from "./go-object.ts";
import { badRequestData } from "./public-error.ts";

/** Parses the body of a request as a struct. A missing body is an empty struct. */
export async function readStruct(c: Context): Promise<GoObject> {
  const type = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") throw badRequestData();
  const source = await readBody(c);
  return goObject(source.trim() === "" ? {} : parse(source));
}

function parse(source: string): Json {
  try {
    return JSON.parse(source) as Json;
  } catch {
    throw badRequestData();
  }
}
