import { z } from "zod";
import { ResourceReference, Uid } from "../reference.ts";

export const ContactPointSchema = z.strictObject({
  kind: z.literal("contact-point"),
  name: z.string().trim().min(1, "the name is empty"),
  integrations: z
    .array(
      z.strictObject({
        type: z.string().min(1, "the type is empty: it is one such as email, slack or webhook"),
        uid: Uid.exactOptional(),
        settings: z.record(z.string(), z.unknown()),
        disableResolveMessage: z.boolean().exactOptional(),
      }),
    )
    .min(1, "a contact point must have at least one integration"),
  templates: z.array(ResourceReference("message-template")).exactOptional(),
});
