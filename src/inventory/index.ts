/** Resolves what Ansible resolves: hosts, groups, and the variables of each host. */
export { type InventoryHost, loginOf } from "./login.js";
export { memoryReader } from "./memory.js";
export { hostsMatching } from "./patterns.js";
export { type Inventory, type InventoryOptions, readInventory } from "./read.js";
export { withTaskVariables } from "./task.js";
export type { Reader } from "./texts.js";
export { groupsOf, type RawVariables, variablesOf } from "./variables.js";
