// DenseNet-121 (Huang et al., arXiv:1608.06993), as in torchvision. 7,978,856 parameters.
cnn.block @dense_layer(%x) params(growth = 32) {
  %bn1 = cnn.batch_norm %x
  %relu1 = cnn.relu %bn1
  %conv1 = cnn.conv2d %relu1 filters(4 * growth) kernel(1)
  %bn2 = cnn.batch_norm %conv1
  %relu2 = cnn.relu %bn2
  %conv2 = cnn.conv2d %relu2 filters(growth) kernel(3) pad(1)
  %concat = cnn.concat %x, %conv2
  cnn.yield %concat
}

cnn.block @transition(%x) params(filters) {
  %bn = cnn.batch_norm %x
  %relu = cnn.relu %bn
  %conv = cnn.conv2d %relu filters(filters) kernel(1)
  %pool = cnn.avg_pool2d %conv kernel(2)
  cnn.yield %pool
}

cnn.model @densenet121 {
  %image = cnn.input "image" as tensor<?x224x224x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.485, 0.456, 0.406) std(0.229, 0.224, 0.225)
  %conv0 = cnn.conv2d %0 filters(64) kernel(7) stride(2) pad(3)
  %bn0 = cnn.batch_norm %conv0
  %relu0 = cnn.relu %bn0
  %pool0 = cnn.max_pool2d %relu0 kernel(3) stride(2) pad(1)
  %block1 = cnn.use @dense_layer(%pool0) repeat(6)
  %transition1 = cnn.use @transition(%block1) with(filters = 128)
  %block2 = cnn.use @dense_layer(%transition1) repeat(12)
  %transition2 = cnn.use @transition(%block2) with(filters = 256)
  %block3 = cnn.use @dense_layer(%transition2) repeat(24)
  %transition3 = cnn.use @transition(%block3) with(filters = 512)
  %block4 = cnn.use @dense_layer(%transition3) repeat(16)
  %bn5 = cnn.batch_norm %block4
  %relu5 = cnn.relu %bn5
  %mean = cnn.global_avg_pool2d %relu5
  %flat = cnn.flatten %mean
  %fc = cnn.dense %flat units(1000)
  %logits = cnn.bias %fc
  %loss = cnn.softmax_cross_entropy %logits, %label
  %top1 = cnn.accuracy %logits, %label
  cnn.loss %loss metrics(top1 = %top1)
}

cnn.recipe @densenet121 batch(256) epochs(90)
  optimizer(sgd, learning_rate = 0.1, momentum = 0.9, nesterov = true, weight_decay = 1e-4, reference_batch = 256)
  schedule(step, milestones = [30, 60])
  augment(resized_crop = true, flip = true)
