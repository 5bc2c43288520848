import { z } from "zod";

const User = z.string().trim().min(1, "must be the login or the email address of a user");

export const TeamSchema = z
  .strictObject({
    kind: z.literal("team"),
    name: z.string().trim().min(1, "must not be empty").max(190, "must have at most 190 characters"),
    email: z.email("must be an email address").exactOptional(),
    members: z.array(User),
    admins: z.array(User).exactOptional(),
  })
  .superRefine(({ members, admins = [] }, context) => {
    const seen = new Set<string>();
    for (const [list, names] of Object.entries({ admins, members })) {
      for (const [index, name] of names.entries()) {
        const lower = name.toLowerCase();
        if (seen.has(lower)) {
          const message = `contains "${name}" a second time`;
          context.addIssue({ code: "custom", path: [list, index], message });
        }
        seen.add(lower);
      }
    }
  });
