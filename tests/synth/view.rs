//! A resolved stack in the terms that the checks speak: security groups, containers, services, roles.

use std::collections::{BTreeMap, BTreeSet};

use dify_cfn::catalog::Component;
use serde_json::Value as Json;

use crate::resolve::{Resolved, reference_text, resolve};
use crate::shipped::Shipped;

/// A certificate, for the parameter that takes one.
pub(crate) const CERTIFICATE: (&str, &str) =
    ("CertificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d");

/// What a person may fill in: nothing but the defaults; a certificate; a name with its zone.
pub(crate) fn fillings() -> [Vec<(&'static str, &'static str)>; 3] {
    [vec![], vec![CERTIFICATE], vec![("DomainName", "dify.example.com"), ("HostedZoneId", "Z1")]]
}

/// A stack for given parameter values.
pub(crate) struct View<'a> {
    pub(crate) shipped: &'a Shipped,
    pub(crate) resolved: Resolved,
}

/// A container as it stands in a task definition.
pub(crate) struct Container<'a> {
    /// The service whose task it is in.
    pub(crate) service: String,
    /// The component; `None` for the migration.
    pub(crate) component: Option<Component>,
    pub(crate) json: &'a Json,
}

impl Container<'_> {
    pub(crate) fn name(&self) -> &str {
        self.json["Name"].as_str().unwrap()
    }

    /// Its variables as text.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        pairs(&self.json["Environment"], "Value")
    }

    /// Its secrets: where each is.
    pub(crate) fn secrets(&self) -> BTreeMap<String, String> {
        pairs(&self.json["Secrets"], "ValueFrom")
    }
}

fn pairs(list: &Json, value: &str) -> BTreeMap<String, String> {
    let entries = list.as_array().into_iter().flatten();
    entries.map(|entry| (entry["Name"].as_str().unwrap().to_owned(), reference_text(&entry[value]))).collect()
}

/// `plugin_daemon` as `PluginDaemon`: how logical ids name a service.
pub(crate) fn id_of(service: &str) -> String {
    let words = service.split(['_', '-']);
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

impl<'a> View<'a> {
    pub(crate) fn new(shipped: &'a Shipped, parameters: &[(&str, &str)]) -> Self {
        Self { shipped, resolved: resolve(&shipped.json, parameters) }
    }

    /// The resource with this logical id.
    pub(crate) fn get(&self, id: &str) -> &Json {
        self.resolved.resources.get(id).unwrap_or_else(|| panic!("{}: no resource {id}", self.shipped.name))
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.resolved.resources.contains_key(id)
    }

    /// Every resource of a type.
    pub(crate) fn of_type<'s>(&'s self, type_name: &'s str) -> impl Iterator<Item = (&'s str, &'s Json)> {
        let all = self.resolved.resources.iter().map(|(id, resource)| (id.as_str(), resource));
        all.filter(move |(_, resource)| resource["Type"] == type_name)
    }

    /// The properties of a service's resource, such as `Service` or `TaskDefinition`.
    pub(crate) fn part(&self, service: &str, part: &str) -> &Json {
        &self.get(&format!("{}{part}", id_of(service)))["Properties"]
    }

    /// What a resource waits for, by itself and by what that waits for.
    pub(crate) fn waits_for(&self, id: &str) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        let mut open = vec![id.to_owned()];
        while let Some(id) = open.pop() {
            for next in self.depends_on(&id) {
                if all.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        all
    }

    /// What a resource names in `DependsOn`.
    pub(crate) fn depends_on(&self, id: &str) -> Vec<String> {
        let named = self.get(id)["DependsOn"].as_array().into_iter().flatten();
        named.map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    /// Every container of every task.
    pub(crate) fn containers(&self) -> Vec<Container<'_>> {
        let mut all = Vec::new();
        for (service, components) in self.shipped.placement() {
            let listed = self.part(&service, "TaskDefinition")["ContainerDefinitions"].as_array().unwrap();
            for json in listed {
                let name = json["Name"].as_str().unwrap().strip_prefix("dify-").unwrap();
                let component = components.iter().copied().find(|component| component.dns_name() == name);
                all.push(Container { service: service.clone(), component, json });
            }
        }
        all
    }

    /// The container of a component.
    pub(crate) fn container(&self, component: Component) -> Option<Container<'_>> {
        self.containers().into_iter().find(|container| container.component == Some(component))
    }

    /// The statements of a role's inline policies.
    pub(crate) fn statements(&self, role: &str) -> Vec<&Json> {
        let policies = self.get(role)["Properties"]["Policies"].as_array().into_iter().flatten();
        policies.flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap()).collect()
    }
}

/// A text or a list of texts as a list, references as a Sub would write them.
pub(crate) fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::Array(items) => items.iter().map(reference_text).collect(),
        Json::Null => Vec::new(),
        one => vec![reference_text(one)],
    }
}
