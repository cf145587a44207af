//! The nearest centre of a point. Centres lie eight side by side, dimension after dimension, so that the processor
//! measures several distances at once.

const LANES: usize = 8;

/// Centres, laid out to be searched.
pub(super) struct Centres {
    blocks: Vec<f64>,
    k: usize,
    dimensions: usize,
}

/// The nearest centre, and the squared distances to it and to the next.
#[derive(Clone, Copy)]
pub(super) struct Nearest {
    pub label: u32,
    pub squared: f64,
    pub next_squared: f64,
}

impl Centres {
    pub fn new(centres: &[f64], dimensions: usize) -> Centres {
        let k = centres.len() / dimensions;
        // What is not there is infinitely far away.
        let mut blocks = vec![f64::INFINITY; k.div_ceil(LANES) * dimensions * LANES];
        for (label, centre) in centres.chunks_exact(dimensions).enumerate() {
            let from = label / LANES * dimensions * LANES;
            for (at, value) in centre.iter().enumerate() {
                blocks[from + at * LANES + label % LANES] = *value;
            }
        }
        Centres { blocks, k, dimensions }
    }

    /// Of equally near centres the first.
    pub fn nearest(&self, point: &[f64]) -> Nearest {
        let mut best = Nearest { label: 0, squared: f64::INFINITY, next_squared: f64::INFINITY };
        for (block, centres) in self.blocks.chunks_exact(self.dimensions * LANES).enumerate() {
            let mut squared = [0.0; LANES];
            for (x, centres) in point.iter().zip(centres.chunks_exact(LANES)) {
                for lane in 0..LANES {
                    let apart = x - centres[lane];
                    squared[lane] += apart * apart;
                }
            }
            let first = block * LANES;
            for (lane, squared) in squared.iter().take(self.k - first).enumerate() {
                if *squared < best.squared {
                    best.next_squared = best.squared;
                    (best.squared, best.label) = (*squared, (first + lane) as u32);
                } else if *squared < best.next_squared {
                    best.next_squared = *squared;
                }
            }
        }
        best
    }
}
