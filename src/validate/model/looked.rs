//! What a rule looked at in a view. Where another view has the same there, the rule would find the same.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::cfn::Template;

use super::Item;

/// The types and resources that a rule looked at.
#[derive(Debug, Default, Clone)]
pub(super) struct Looked {
    all: bool,
    /// By the numbers of the types, and by the places of the resources in the template.
    types: Vec<usize>,
    resources: Vec<usize>,
}

impl Looked {
    /// Every resource is looked at.
    pub(super) fn at_all(&mut self) {
        self.all = true;
    }

    /// All resources of a type are looked at; `None` if the template has no such type.
    pub(super) fn at_type(&mut self, number: Option<usize>) {
        add(&mut self.types, number);
    }

    /// A resource is looked at, whether it exists or not; `None` if the template has none of that name.
    pub(super) fn at_resource(&mut self, index: Option<usize>) {
        add(&mut self.resources, index);
    }

    /// What something was made from is looked at by whoever looks at that.
    pub(super) fn at_what(&mut self, other: &Self) {
        self.all |= other.all;
        other.types.iter().for_each(|number| self.at_type(Some(*number)));
        other.resources.iter().for_each(|index| self.at_resource(Some(*index)));
    }

    /// Whether what was looked at is the same in both views.
    pub(super) fn sees_the_same(&self, one: &Versions<'_>, other: &Versions<'_>) -> bool {
        let same = |index: &usize| one.of.get(*index) == other.of.get(*index);
        if self.all {
            return one.of == other.of;
        }
        let of_types = self.types.iter().filter_map(|number| one.types.members.get(*number)).flatten();
        of_types.chain(&self.resources).all(same)
    }
}

fn add(known: &mut Vec<usize>, new: Option<usize>) {
    if let Some(new) = new
        && let Err(place) = known.binary_search(&new)
    {
        known.insert(place, new);
    }
}

/// Which evaluation of each resource a view has.
#[derive(Debug, Clone)]
pub(super) struct Versions<'t> {
    types: Rc<Types<'t>>,
    /// By the resource's place in the template: where its evaluation is, which views share; `None` if it doesn't exist.
    of: Vec<Option<usize>>,
}

/// The types of a template.
#[derive(Debug)]
struct Types<'t> {
    numbers: BTreeMap<&'t str, usize>,
    /// The number of the type of each resource.
    of: Vec<usize>,
    /// The places of the resources of each type.
    members: Vec<Vec<usize>>,
}

impl<'t> Versions<'t> {
    /// No resource exists yet.
    pub(super) fn new(template: &'t Template) -> Self {
        let mut types = Types { numbers: BTreeMap::new(), of: Vec::new(), members: Vec::new() };
        for (index, resource) in template.resources.values().enumerate() {
            let number = *types.numbers.entry(&resource.type_name).or_insert(types.members.len());
            types.of.push(number);
            match types.members.get_mut(number) {
                Some(members) => members.push(index),
                None => types.members.push(vec![index]),
            }
        }
        Self { types: Rc::new(types), of: vec![None; template.resources.len()] }
    }

    /// The resource at that place exists, evaluated as it is there.
    pub(super) fn set(&mut self, index: usize, item: &Rc<Item<'t>>) {
        if let Some(version) = self.of.get_mut(index) {
            *version = Some(Rc::as_ptr(item).addr());
        }
    }

    /// How many types the template has.
    pub(super) fn types(&self) -> usize {
        self.types.members.len()
    }

    /// The number of the type of the resource at that place.
    pub(super) fn type_at(&self, index: usize) -> usize {
        self.types.of.get(index).copied().unwrap_or(usize::MAX)
    }

    /// The number of a type; `None` if the template has none of it.
    pub(super) fn number_of(&self, type_name: &str) -> Option<usize> {
        self.types.numbers.get(type_name).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(of: &[Option<usize>]) -> Versions<'static> {
        let types = Types {
            numbers: BTreeMap::from([("A", 0), ("B", 1)]),
            of: vec![0, 1, 0],
            members: vec![vec![0, 2], vec![1]],
        };
        Versions { types: Rc::new(types), of: of.to_vec() }
    }

    #[test]
    fn only_what_was_looked_at_has_to_be_the_same() {
        let one = versions(&[Some(1), Some(2), None]);
        let mut nothing = Looked::default();
        assert!(nothing.sees_the_same(&one, &versions(&[None, None, Some(9)])));
        nothing.at_type(one.number_of("C"));
        assert!(nothing.sees_the_same(&one, &versions(&[None, None, Some(9)])));

        let mut at_type = Looked::default();
        at_type.at_type(one.number_of("A"));
        assert!(at_type.sees_the_same(&one, &versions(&[Some(1), Some(7), None])));
        // Another evaluation, and a resource that only one of them has.
        assert!(!at_type.sees_the_same(&one, &versions(&[Some(7), Some(2), None])));
        assert!(!at_type.sees_the_same(&one, &versions(&[Some(1), Some(2), Some(3)])));

        let mut at_resource = Looked::default();
        at_resource.at_resource(Some(2));
        at_resource.at_resource(None);
        assert!(at_resource.sees_the_same(&one, &versions(&[Some(7), Some(7), None])));
        assert!(!at_resource.sees_the_same(&one, &versions(&[Some(1), Some(2), Some(3)])));

        let mut at_all = Looked::default();
        at_all.at_all();
        assert!(at_all.sees_the_same(&one, &one.clone()));
        assert!(!at_all.sees_the_same(&one, &versions(&[Some(1), Some(7), None])));

        let mut through = Looked::default();
        through.at_what(&at_type);
        assert!(!through.sees_the_same(&one, &versions(&[Some(7), Some(2), None])));
    }
}
