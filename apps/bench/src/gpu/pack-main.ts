#!/usr/bin/env node
import { runMain } from "@heed/command-line";
import { packCli } from "./pack-cli.ts";

await runMain(packCli);
