//! The sizes of tasks that Fargate offers.

/// A number of CPU units, and the memory that it comes with, in MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// CPU units, 1024 to a vCPU.
    pub cpu: u32,
    /// Least memory.
    pub least_memory: u32,
    /// Most memory.
    pub most_memory: u32,
    /// The step between.
    pub step: u32,
}

/// Every size, the smallest first. 256 CPU units come with 512, 1024 and 2048 MiB, which no step describes.
///
/// Source: Amazon ECS API Reference, `TaskDefinition`, `memory`.
pub const SIZES: [Size; 7] = [
    Size { cpu: 256, least_memory: 512, most_memory: 2048, step: 512 },
    Size { cpu: 512, least_memory: 1024, most_memory: 4096, step: 1024 },
    Size { cpu: 1024, least_memory: 2048, most_memory: 8192, step: 1024 },
    Size { cpu: 2048, least_memory: 4096, most_memory: 16384, step: 1024 },
    Size { cpu: 4096, least_memory: 8192, most_memory: 30720, step: 1024 },
    Size { cpu: 8192, least_memory: 16384, most_memory: 61440, step: 4096 },
    Size { cpu: 16384, least_memory: 32768, most_memory: 122_880, step: 8192 },
];

impl Size {
    /// The size with so many CPU units.
    pub fn of(cpu: u32) -> Option<&'static Self> {
        SIZES.iter().find(|size| size.cpu == cpu)
    }

    /// Whether it comes with so much memory.
    pub fn offers(&self, memory: u32) -> bool {
        let in_range = (self.least_memory..=self.most_memory).contains(&memory);
        in_range
            && (memory - self.least_memory).is_multiple_of(self.step)
            && !(self.cpu == 256 && memory == 1536)
    }

    /// The memory that it offers, for messages.
    pub fn describe(&self) -> String {
        let Self { least_memory, most_memory, step, .. } = self;
        match self.cpu {
            256 => "512, 1024 or 2048 MiB".to_owned(),
            _ => format!("{least_memory} to {most_memory} MiB in steps of {step}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_what_the_documentation_lists() {
        let offered = |cpu| {
            let size = Size::of(cpu).unwrap();
            (0..=131_072).filter(|memory| size.offers(*memory)).collect::<Vec<u32>>()
        };
        assert_eq!(offered(256), [512, 1024, 2048]);
        assert_eq!(offered(512), [1024, 2048, 3072, 4096]);
        assert_eq!(offered(1024).len(), 7);
        assert_eq!((offered(2048).len(), offered(4096).len()), (13, 23));
        assert_eq!(offered(8192), (4..=15).map(|n| n * 4096).collect::<Vec<_>>());
        assert_eq!(offered(16384), (4..=15).map(|n| n * 8192).collect::<Vec<_>>());
        assert_eq!(Size::of(300), None);
    }
}
