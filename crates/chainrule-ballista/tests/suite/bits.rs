//! Sums over a cluster have the bits of one batch.

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Float64Type;

use crate::rows::{
    PARAMETERS, SUM, ask, batch, cluster, loss, rows, session, slow_loss, wait, write_all,
};

#[test]
fn the_sum_has_the_bits_of_a_batch_for_any_partitions() {
    let folder = tempfile::tempdir().unwrap();
    let rows = rows(5000);
    write_all(folder.path(), &rows);
    let expected = batch(&loss(), &rows);
    let cluster = cluster(2);
    wait(async {
        for partitions in [1, 2, 3, 7] {
            let session = session(&cluster, folder.path(), &loss(), partitions)
                .await
                .unwrap();
            assert_eq!(
                ask(&session, SUM).await.unwrap(),
                expected,
                "{partitions} partitions"
            );
        }
        // The same name means another program in another session.
        let session = session(&cluster, folder.path(), &slow_loss(), 3)
            .await
            .unwrap();
        assert_eq!(
            ask(&session, SUM).await.unwrap(),
            batch(&slow_loss(), &rows)
        );
    });
}

#[test]
fn groups_and_functions_per_row_agree_with_batches() {
    let folder = tempfile::tempdir().unwrap();
    let rows = rows(900);
    write_all(folder.path(), &rows);
    let cluster = cluster(2);
    wait(async {
        let session = session(&cluster, folder.path(), &loss(), 3).await.unwrap();
        let query = "SELECT loss_value([0.3, -1.7], a, b), loss_gradient([0.3, -1.7], a, b)[2] FROM data ORDER BY i";
        let answer = session.sql(query).await.unwrap().collect().await.unwrap();
        let mut found: [Vec<f64>; 2] = Default::default();
        for batch in answer {
            for (column, found) in found.iter_mut().enumerate() {
                found.extend(batch.column(column).as_primitive::<Float64Type>().values());
            }
        }
        let program = loss();
        let mut batch_of_all = program.batch(&rows).unwrap();
        assert_eq!(found[0], batch_of_all.values(&PARAMETERS).unwrap());
        let (_, gradients) = batch_of_all.gradients(&PARAMETERS).unwrap();
        let second: Vec<f64> = gradients.iter().copied().skip(1).step_by(4).collect();
        assert_eq!(found[1], second);

        for odd in [0, 1] {
            let query = format!(
                "SELECT loss([0.3, -1.7], i / 2, a, b) FROM data WHERE i % 2 = {odd} GROUP BY i % 2"
            );
            let half: Vec<[f64; 2]> = rows.iter().copied().skip(odd).step_by(2).collect();
            assert_eq!(ask(&session, &query).await.unwrap(), batch(&loss(), &half));
        }
    });
}
