import { expect, test } from "vitest";
import { composeCauseOf } from "../../src/stack/causes.ts";

test.each([
  [
    "a full disk in a build",
    "write /app: no space left on device\nfailed to solve: process did not complete successfully",
    "disk is full",
  ],
  ["a missing permission", "permission denied while trying to connect\nfailed to build", "no permission"],
  [
    "a limit that the engine may not raise",
    "error setting rlimit type 6: operation not permitted: OCI permission denied",
    "openFiles: false",
  ],
  [
    "a package that pip can't find",
    "ERROR: No matching distribution found for fastapi==0.1\nfailed to solve: process did not complete successfully",
    "package index",
  ],
])("the cause of %s", (_what, output, cause) => {
  expect(composeCauseOf(output)).toContain(cause);
});

test("a build that failed for another reason has no known cause", () => {
  expect(composeCauseOf("/bin/sh: ./start.sh: Permission denied\nfailed to build")).toBeUndefined();
  expect(composeCauseOf("failed to build: exit code 2, did not complete successfully")).toBeUndefined();
});
