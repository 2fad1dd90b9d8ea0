// The pack as `pulumi preview --policy-pack` loads it: importing this file starts its server. It is JavaScript because
// Pulumi has ts-node compile a pack's main file, which refuses imports of .ts files; Node.js itself runs those.
import { PolicyPack } from "@pulumi/policy";
import { policies } from "./policies.ts";

new PolicyPack("esddns", { policies: [...policies] });
