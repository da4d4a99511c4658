from remotemedia import AudioMixNode, AudioSource, Pipeline

chain = [AudioSource()]
chain.append(AudioMixNode(1))
chain += [AudioMixNode(2)]
chain.extend([AudioMixNode(3)])
p = Pipeline(nodes=chain, name="nodes_argument", enable_metrics=True)
p.add(chain[0]) if len(chain) > 9 else p.add(AudioMixNode(4))
