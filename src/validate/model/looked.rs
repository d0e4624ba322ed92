//! What a rule looked at in a view. Where another view has the same there, the rule would find the same.

use std::cell::OnceCell;
use std::rc::Rc;

use indexmap::IndexSet;

use crate::cfn::Template;

use super::Item;

/// The types and resources that a rule looked at.
#[derive(Debug, Default, Clone)]
pub(super) struct Looked {
    all: bool,
    /// By the numbers of the types, and by the places of the resources in the template.
    types: Numbers,
    resources: Numbers,
}

/// A set of numbers, a bit for each: rules look at the same types and resources again and again.
#[derive(Debug, Default, Clone)]
struct Numbers(Vec<u64>);

impl Numbers {
    fn add(&mut self, new: Option<usize>) {
        let Some(new) = new else { return };
        let (word, bit) = (new / 64, new % 64);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << bit;
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(word, bits)| {
            let mut rest = *bits;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(64 * word + bit)
            })
        })
    }
}

impl Looked {
    /// Every resource is looked at.
    pub(super) fn at_all(&mut self) {
        self.all = true;
    }

    /// All resources of a type are looked at; `None` if the template has no such type.
    pub(super) fn at_type(&mut self, number: Option<usize>) {
        self.types.add(number);
    }

    /// A resource is looked at, whether it exists or not; `None` if the template has none of that name.
    pub(super) fn at_resource(&mut self, index: Option<usize>) {
        self.resources.add(index);
    }

    /// What something was made from is looked at by whoever looks at that.
    pub(super) fn at_what(&mut self, other: &Self) {
        self.all |= other.all;
        other.types.iter().for_each(|number| self.at_type(Some(number)));
        other.resources.iter().for_each(|index| self.at_resource(Some(index)));
    }

    /// Whether what was looked at is the same in both views.
    pub(super) fn sees_the_same(&self, one: &Versions<'_>, other: &Versions<'_>) -> bool {
        let same = |index: usize| one.of.get(index) == other.of.get(index);
        if self.all {
            return one.of == other.of;
        }
        let is_alike = |number: usize| one.alike.get(number) == other.alike.get(number);
        self.types.iter().all(is_alike) && self.resources.iter().all(same)
    }
}

/// Which evaluation of each resource a view has.
#[derive(Debug, Clone)]
pub(super) struct Versions<'t> {
    types: Rc<Types<'t>>,
    /// By the resource's place in the template: where its evaluation is, which views share; `None` if it doesn't exist.
    of: Vec<Option<usize>>,
    /// For each type a number that views have in common if they have the same of it.
    alike: Vec<usize>,
}

/// The types of a template.
#[derive(Debug)]
struct Types<'t> {
    /// Their names: where one stands is its number.
    names: IndexSet<&'t str, foldhash::fast::RandomState>,
    /// The places of the resources of each type.
    members: Vec<Vec<usize>>,
    naming: OnceCell<Vec<(&'t str, &'static str)>>,
}

impl<'t> Versions<'t> {
    /// No resource exists yet.
    pub(super) fn new(template: &'t Template) -> Self {
        let mut types = Types { names: IndexSet::default(), members: Vec::new(), naming: OnceCell::new() };
        for (index, resource) in template.resources.values().enumerate() {
            let (number, _) = types.names.insert_full(resource.type_name.as_str());
            match types.members.get_mut(number) {
                Some(members) => members.push(index),
                None => types.members.push(vec![index]),
            }
        }
        Self { types: Rc::new(types), of: vec![None; template.resources.len()], alike: Vec::new() }
    }

    /// Numbers what this view has of each type, once all resources are set: as an earlier one that has the same of it.
    pub(super) fn number(&mut self, earlier: &[&Self]) {
        let number = |(number, members): (usize, &Vec<usize>)| {
            let has_same =
                |other: &&&Self| members.iter().all(|member| self.of.get(*member) == other.of.get(*member));
            let same = earlier.iter().find(has_same);
            same.and_then(|other| other.alike.get(number).copied()).unwrap_or(earlier.len())
        };
        self.alike = self.types.members.iter().enumerate().map(number).collect();
    }

    /// The resource at that place exists, evaluated as it is there.
    pub(super) fn set(&mut self, index: usize, item: &Rc<Item<'t>>) {
        if let Some(version) = self.of.get_mut(index) {
            *version = Some(Rc::as_ptr(item).addr());
        }
    }

    /// For each type of the template that has one the property that names its resources, in alphabetical order; looked up
    /// once for all views.
    pub(super) fn naming(
        &self,
        find: impl Fn(&'t str) -> Option<&'static str>,
    ) -> &[(&'t str, &'static str)] {
        self.types.naming.get_or_init(|| {
            let mut naming: Vec<_> =
                self.types.names.iter().filter_map(|name| Some((*name, find(name)?))).collect();
            naming.sort_unstable();
            naming
        })
    }

    /// The places of the resources of the type with that number.
    pub(super) fn members(&self, number: usize) -> &[usize] {
        self.types.members.get(number).map_or(&[], Vec::as_slice)
    }

    /// The number of a type; `None` if the template has none of it.
    pub(super) fn number_of(&self, type_name: &str) -> Option<usize> {
        self.types.names.get_index_of(type_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(of: &[Option<usize>]) -> Versions<'static> {
        let types = Types {
            names: IndexSet::from_iter(["A", "B"]),
            members: vec![vec![0, 2], vec![1]],
            naming: OnceCell::new(),
        };
        Versions { types: Rc::new(types), of: of.to_vec(), alike: Vec::new() }
    }

    /// Whether a view sees the same as an earlier one.
    fn is_seen(looked: &Looked, earlier: &[Option<usize>], view: &[Option<usize>]) -> bool {
        let (mut one, mut other) = (versions(earlier), versions(view));
        one.number(&[]);
        other.number(&[&one]);
        looked.sees_the_same(&one, &other)
    }

    #[test]
    fn only_what_was_looked_at_has_to_be_the_same() {
        let one = [Some(1), Some(2), None];
        let number_of = |name| versions(&one).number_of(name);
        let mut nothing = Looked::default();
        assert!(is_seen(&nothing, &one, &[None, None, Some(9)]));
        nothing.at_type(number_of("C"));
        assert!(is_seen(&nothing, &one, &[None, None, Some(9)]));

        let mut at_type = Looked::default();
        at_type.at_type(number_of("A"));
        assert!(is_seen(&at_type, &one, &[Some(1), Some(7), None]));
        // Another evaluation, and a resource that only one of them has.
        assert!(!is_seen(&at_type, &one, &[Some(7), Some(2), None]));
        assert!(!is_seen(&at_type, &one, &[Some(1), Some(2), Some(3)]));

        let mut at_resource = Looked::default();
        at_resource.at_resource(Some(2));
        at_resource.at_resource(None);
        assert!(is_seen(&at_resource, &one, &[Some(7), Some(7), None]));
        assert!(!is_seen(&at_resource, &one, &[Some(1), Some(2), Some(3)]));

        let mut at_all = Looked::default();
        at_all.at_all();
        assert!(is_seen(&at_all, &one, &one));
        assert!(!is_seen(&at_all, &one, &[Some(1), Some(7), None]));

        let mut through = Looked::default();
        through.at_what(&at_type);
        assert!(!is_seen(&through, &one, &[Some(7), Some(2), None]));
    }
}
