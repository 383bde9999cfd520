// Loads this package and core in the order that the argument names; prints whether the class is the wrapped one.
const ours = () => import("@rivet-dev/agent-os-sandbox");
const core = () => import("@rivet-dev/agent-os-core");
const orders = {
  "ours first": async () => (await ours(), await core()),
  "core first": async () => (await core(), await ours(), await core()),
  "both at once": async () => (await Promise.all([ours(), core()]))[1],
  "core begun first": async () => (await Promise.all([core(), ours()]))[0],
};
const { AgentOs } = await orders[process.argv[2]]();
console.log(Object.getOwnPropertySymbols(AgentOs).length > 0);
