//! Times recording, sweeping, ordering and freeing, each beside the same work by hand:
//! `cargo bench -p chainrule-benches --bench tape`.

#[path = "formulas/by_hand.rs"]
mod by_hand;
mod formulas;

use by_hand::{chain_by_hand, moons_by_hand, rosenbrock_by_hand, step};
use chainrule::{Gradients, Var, tape};
use divan::Bencher;
use divan::counter::ItemsCount;
use formulas::{
    CHAIN_AT, chain, moons, moons_loss, moons_loss_of_sums, parameters, rosenbrock, rosenbrock_at,
};

fn main() {
    divan::main();
}

const NODES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// A chain of mixed operations; items are nodes.
#[divan::bench_group(sample_count = 20)]
mod chain_of {
    use super::{Bencher, CHAIN_AT, Gradients, ItemsCount, NODES, Var, chain, chain_by_hand, tape};

    /// Records, and frees what was recorded.
    #[divan::bench(args = NODES)]
    fn record_free(bencher: Bencher, nodes: usize) {
        bencher
            .counter(ItemsCount::new(nodes))
            .bench_local(|| tape::scope(|| chain(CHAIN_AT.map(Var::new), nodes).value()));
    }

    /// Sweeps into a reused buffer.
    #[divan::bench(args = NODES)]
    fn sweep(bencher: Bencher, nodes: usize) {
        let (graph, y) = tape::record(|| chain(CHAIN_AT.map(Var::new), nodes));
        let mut grads = Gradients::new();
        bencher
            .counter(ItemsCount::new(nodes))
            .bench_local(|| graph.sweep(&[(y, 1.0)], &mut grads));
    }

    /// Computes an order that is not kept: a request for another order in between makes the graph forget this one.
    #[divan::bench(args = NODES)]
    fn order(bencher: Bencher, nodes: usize) {
        let (graph, (x, y)) = tape::record(|| {
            let x = CHAIN_AT.map(Var::new);
            (x[0], chain(x, nodes))
        });
        let [x, y] = [x, y].map(|x| x.key().expect("a node"));
        bencher
            .counter(ItemsCount::new(nodes))
            .with_inputs(|| graph.order(&[x]))
            .bench_local_values(|_| graph.order(&[y]));
    }

    /// Computes value and gradient by hand.
    #[divan::bench(args = NODES)]
    fn by_hand(bencher: Bencher, nodes: usize) {
        let mut kept = Vec::new();
        bencher
            .counter(ItemsCount::new(nodes))
            .bench_local(|| chain_by_hand(divan::black_box(CHAIN_AT), nodes, &mut kept));
    }
}

/// One step on the moons: loss and gradient of the network 2-16-16-1 over 100 rows, and freeing.
#[divan::bench_group(sample_count = 50)]
mod moons_step {
    use super::{
        Bencher, Gradients, moons, moons_by_hand, moons_loss, moons_loss_of_sums, parameters, step,
    };

    #[divan::bench]
    fn sums_of_two(bencher: Bencher) {
        let (rows, p, mut grads) = (moons(), parameters(), Gradients::new());
        bencher.bench_local(|| step(&mut grads, &p, |p| moons_loss(p, &rows)));
    }

    #[divan::bench]
    fn dot_and_sum(bencher: Bencher) {
        let (rows, p, mut grads) = (moons(), parameters(), Gradients::new());
        bencher.bench_local(|| step(&mut grads, &p, |p| moons_loss_of_sums(p, &rows)));
    }

    #[divan::bench]
    fn by_hand(bencher: Bencher) {
        let (rows, p) = (moons(), parameters());
        let mut gradient = vec![0.0; p.len()];
        bencher.bench_local(|| moons_by_hand(divan::black_box(&p), &rows, &mut gradient));
    }
}

/// Rosenbrock's function: value and gradient.
#[divan::bench_group(sample_count = 50)]
mod rosenbrock_of {
    use super::{Bencher, Gradients, rosenbrock, rosenbrock_at, rosenbrock_by_hand, step};

    const DIMENSIONS: [usize; 3] = [10, 1000, 100_000];

    #[divan::bench(args = DIMENSIONS)]
    fn on_tape(bencher: Bencher, n: usize) {
        let (at, mut grads) = (rosenbrock_at(n), Gradients::new());
        bencher.bench_local(|| step(&mut grads, &at, rosenbrock));
    }

    #[divan::bench(args = DIMENSIONS)]
    fn by_hand(bencher: Bencher, n: usize) {
        let at = rosenbrock_at(n);
        let mut gradient = vec![0.0; n];
        bencher.bench_local(|| rosenbrock_by_hand(divan::black_box(&at), &mut gradient));
    }
}
