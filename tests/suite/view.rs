//! Tests petgraph's algorithms on a recorded graph, without a copy.

use chainrule::{Graph, NodeKey, Var, tape};
use petgraph::algo::{connected_components, dijkstra, toposort};
use petgraph::dot::{Config, Dot};
use petgraph::visit::{
    Bfs, Dfs, EdgeRef, IntoEdgeReferences, IntoEdges, IntoNeighbors, IntoNeighborsDirected,
    IntoNodeIdentifiers, IntoNodeReferences, NodeCount, NodeIndexable, NodeRef, Reversed, Topo,
    VisitMap, Visitable,
};
use petgraph::{Direction, Incoming};

/// `y = x·x + sin x`, and an unused input.
fn example() -> (Graph, [NodeKey; 5]) {
    let (graph, values) = tape::record(|| {
        let x = Var::new(0.5);
        let square = x * x;
        let sine = x.sin();
        [x, square, sine, square + sine, Var::new(1.0)]
    });
    (graph, values.map(|value| value.key().unwrap()))
}

#[test]
fn searches_walk_from_results_to_operands() {
    let (graph, [x, square, sine, y, alone]) = example();
    let mut found = Vec::new();
    let mut search = Bfs::new(&graph, y);
    while let Some(key) = search.next(&graph) {
        found.push(key);
    }
    assert_eq!(found, [y, square, sine, x]);
    let mut search = Dfs::new(&graph, x);
    assert_eq!(search.next(&graph), Some(x));
    assert_eq!(search.next(&graph), None);
    search.reset(&graph);
    search.move_to(alone);
    assert_eq!(search.next(&graph), Some(alone));
}

#[test]
fn consumers_lead_from_operands_to_results() {
    let (graph, [x, square, sine, y, alone]) = example();
    let both = graph.consumers();
    assert_eq!(both.of(x), [square, square, sine]);
    let consumers: Vec<NodeKey> = (&both).neighbors_directed(square, Incoming).collect();
    assert_eq!(consumers, [y]);
    let operands: Vec<NodeKey> = (&both).neighbors_directed(y, Direction::Outgoing).collect();
    assert_eq!(operands, (&both).neighbors(y).collect::<Vec<_>>());
    assert_eq!(both.node_count(), 5);

    // Operands come before results: data flows against the edges.
    let mut order = Vec::new();
    let mut topo = Topo::new(Reversed(&both));
    while let Some(key) = topo.next(Reversed(&both)) {
        order.push(key);
    }
    let place = |key| order.iter().position(|&other| other == key).unwrap();
    assert!(place(x) < place(square) && place(square) < place(y) && place(sine) < place(y));
    assert_eq!(toposort(&both, None).unwrap().len(), 5);
    assert!(order.contains(&alone));
}

#[test]
fn algorithms_over_edges_and_indices_run() {
    let (graph, [x, square, sine, y, alone]) = example();
    let distances = dijkstra(&graph, y, None, |_| 1);
    assert_eq!(distances[&x], 2);
    assert!(!distances.contains_key(&alone));
    assert_eq!(connected_components(&graph), 2);

    assert_eq!((graph.node_count(), graph.node_bound()), (5, 5));
    for (index, key) in graph.node_identifiers().enumerate() {
        assert_eq!(graph.to_index(key), index);
        assert_eq!(graph.from_index(index), key);
    }
    let edges: Vec<_> = graph
        .edge_references()
        .map(|edge| (edge.source(), edge.target(), *edge.weight()))
        .collect();
    assert_eq!(
        edges,
        [
            (square, x, 0),
            (square, x, 1),
            (sine, x, 0),
            (y, square, 0),
            (y, sine, 1)
        ]
    );
    assert!(
        graph
            .edges(y)
            .all(|edge| edge.id() == edge && edge.consumer == y)
    );
    assert!(
        graph
            .node_references()
            .all(|node| node.weight().value() == graph[node.id()].value())
    );
}

#[test]
fn a_map_of_visits_forgets_and_grows() {
    let (mut graph, [x, square, ..]) = example();
    let mut map = graph.visit_map();
    assert!(map.visit(x) && !map.visit(x) && map.is_visited(&x) && !map.is_visited(&square));
    assert!(map.unvisit(x) && !map.is_visited(&x));
    let later = graph.record(|| Var::new(2.0).exp()).key().unwrap();
    graph.reset_map(&mut map);
    assert!(map.visit(later));
    let both = graph.consumers();
    both.reset_map(&mut map);
    assert!(!map.is_visited(&later));
}

#[test]
fn petgraph_prints_the_graph_itself() {
    let (graph, _) = example();
    let labels = |_: &Graph, (_, node): (NodeKey, &chainrule::Node)| {
        format!("label = {:?}", node.op().row().symbol)
    };
    let dot = Dot::with_attr_getters(
        &graph,
        &[Config::NodeNoLabel],
        &|_, edge| format!("taillabel = {}", edge.weight()),
        &labels,
    );
    let text = format!("{dot:?}");
    assert!(
        text.contains("label = \"sin\"") && text.matches("->").count() == 5,
        "{text}"
    );
}
