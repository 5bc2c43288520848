#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Before anything else is loaded, the command table included: what this file holds itself is compiled at every start.
enableCompileCache();
await import("./cli/main.ts");
