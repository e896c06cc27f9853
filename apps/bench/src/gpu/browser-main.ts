#!/usr/bin/env node
import { runMain } from "@heed/command-line";
import { browserCli } from "./browser-cli.ts";

await runMain(browserCli);
