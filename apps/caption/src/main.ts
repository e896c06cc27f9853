#!/usr/bin/env node
import { runMain } from "@heed/command-line";
import { cli } from "./cli.ts";

await runMain(cli);
