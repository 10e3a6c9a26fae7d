// What the graph shows of a large model: a tree of groups, by name scope or by partition, of which
// some are open. A closed group is one box.
import { scopeOf } from './data.js';

const MOST_CHILDREN = 160;

function makeGroup(key, label, parent) {
  return { key, label, parent, groups: new Map(), nodes: [], count: 0 };
}

function childOf(group, name) {
  if (!group.groups.has(name)) group.groups.set(name, makeGroup(`${group.key}/${name}`, name, group));
  return group.groups.get(name);
}

// Runs of neighbours where one group would hold too many: "nodes 200 to 359".
function splitLong(group) {
  for (const child of group.groups.values()) splitLong(child);
  if (group.nodes.length <= MOST_CHILDREN) return;
  const size = Math.max(MOST_CHILDREN / 2, Math.ceil(group.nodes.length / MOST_CHILDREN));
  const { nodes } = group;
  group.nodes = [];
  for (let i = 0; i < nodes.length; i += size) {
    const part = nodes.slice(i, i + size);
    const child = childOf(group, `nodes ${part[0].node} to ${part[part.length - 1].node}`);
    child.nodes = part;
    child.count = part.length;
  }
}

export function buildGroups(profile, nodes, by) {
  const root = makeGroup('', 'model', null);
  let run = -1, before = null;
  for (const node of nodes) {
    let path;
    if (by === 'partition') {
      const own = node.partition ?? null;
      if (own === null && before !== null) run++;
      before = own;
      path = own === null ? [`interpreter ${Math.max(run, 0) + 1}`] : [`partition ${own}`];
    } else path = scopeOf(profile.nameOf(node));
    let group = root;
    root.count++;
    for (const name of path) {
      group = childOf(group, name);
      group.count++;
    }
    group.nodes.push(node);
  }
  splitLong(root);
  return root;
}

const sizeOpen = (group) => group.groups.size + group.nodes.length;

// Opens the largest groups as long as what is to be seen stays below `most`.
export function openLargest(root, most) {
  const open = new Set(['']);
  let shown = sizeOpen(root);
  let closed = [...root.groups.values()];
  for (;;) {
    closed.sort((a, b) => b.count - a.count);
    const at = closed.findIndex((group) => shown - 1 + sizeOpen(group) <= most);
    if (at < 0) return open;
    const [group] = closed.splice(at, 1);
    open.add(group.key);
    shown += sizeOpen(group) - 1;
    closed = closed.concat([...group.groups.values()]);
  }
}

// The boxes: nodes of open groups, and closed groups.
export function visibleItems(root, open) {
  const items = [];
  const walk = (group) => {
    if (!open.has(group.key)) {
      items.push({ key: `g${group.key}`, group, nodes: null });
      return;
    }
    for (const node of group.nodes) items.push({ key: `n${node.subgraph}.${node.node}`, node, parent: group, nodes: [node] });
    for (const child of group.groups.values()) walk(child);
  };
  walk(root);
  for (const item of items) item.nodes ??= nodesUnder(item.group);
  // In the order of the model: the layout starts from a good order.
  return items.sort((a, b) => a.nodes[0].at - b.nodes[0].at);
}

export function nodesUnder(group) {
  const all = [...group.nodes];
  for (const child of group.groups.values()) all.push(...nodesUnder(child));
  return all.sort((a, b) => a.at - b.at);
}
